import { readBytes } from "./read-bytes.js";
import { pickOptions, type Flags } from "../flags.js";
import { hasTrainingState } from "../../engine/checkpoint-header.js";
import { MynahError, TextModel, type LoadOptions, type TextSource } from "../../index.js";

/**
 * Loads a model file. It runs in this thread: a command that does nothing else needs no worker.
 *
 * @throws MynahError as reading the file and `TextModel.load` do; a bad file is named.
 */
export async function loadModel(path: string, flags: Flags): Promise<TextModel> {
  return load(path, await readBytes(path), flags, { worker: false });
}

/**
 * Loads a checkpoint to go on with its training, in a worker.
 *
 * @throws MynahError as {@link loadModel} does, and `no-training-state` for the file of a run that is over.
 */
export async function loadCheckpoint(path: string, flags: Flags, signal: AbortSignal): Promise<TextModel> {
  const bytes = await readBytes(path);
  const model = await load(path, bytes, flags, { worker: true, signal });
  if (hasTrainingState(bytes)) return model;
  await model.dispose();
  throw new MynahError(
    "no-training-state",
    `${path} holds a model whose training is over: there is nothing to resume. Leave out --resume to train a new one`,
  );
}

/**
 * Loads a model to train it further, in a worker.
 *
 * @param growth - whose symbols it gets besides its own, if any
 * @throws MynahError as {@link loadModel} does.
 */
export async function loadToTrain(
  path: string,
  growth: TextSource | undefined,
  flags: Flags,
  signal: AbortSignal,
): Promise<TextModel> {
  return load(path, await readBytes(path), flags, { worker: true, signal, growAlphabet: growth });
}

/**
 * Makes sure that a model file can be loaded again, by loading it.
 *
 * @throws MynahError as `TextModel.load` does.
 */
export async function checkLoadable(bytes: Uint8Array): Promise<void> {
  const model = await TextModel.load(bytes, { worker: false });
  await model.dispose();
}

async function load(
  path: string,
  bytes: Uint8Array,
  flags: Flags,
  place: Pick<LoadOptions, "worker" | "signal" | "growAlphabet">,
): Promise<TextModel> {
  const { growAlphabet: _, ...options } = pickOptions("load", flags);
  try {
    return await TextModel.load(bytes, { ...options, ...place });
  } catch (error) {
    if (!(error instanceof MynahError) || error.code !== "bad-model-file") throw error;
    throw new MynahError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
