import { readInput } from "./read-file.js";
import { pickOptions, type Flags } from "../flags.js";
import { MynahError, TextModel, type LoadOptions } from "../../index.js";

/**
 * Loads a model file. It runs in this thread unless said otherwise: a command that does nothing else needs no worker.
 *
 * @throws MynahError as reading the file and `TextModel.load` do; a bad file is named.
 */
export async function loadModel(
  path: string,
  flags: Flags,
  place: Pick<LoadOptions, "worker" | "signal"> = { worker: false },
): Promise<TextModel> {
  const bytes = await readInput(path);
  try {
    return await TextModel.load(bytes, { ...pickOptions("load", flags), ...place });
  } catch (error) {
    if (!(error instanceof MynahError) || error.code !== "bad-model-file") throw error;
    throw new MynahError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
