import { openModelStore } from "#platform";
import { checkName, type StoredModel } from "./model-store.js";
import { abortable } from "../abort.js";
import { MynahError } from "../errors.js";
import { TextModel } from "../model.js";
import { checkOptions } from "../options/check.js";
import { SAVE_DEFAULTS } from "../options/defaults.js";
import type { SaveModelOptions } from "./options.js";
import type { LoadOptions } from "../options/types.js";

/**
 * The models that this browser keeps for this site, by name.
 *
 * @throws MynahError `storage-unavailable`, as all of these calls: in Node, which has files instead, in some private windows, where
 * people have forbidden it, and where the code for it could not be fetched.
 */
export async function listModels(): Promise<readonly StoredModel[]> {
  return (await openModelStore()).list();
}

/**
 * Loads a model that was saved under a name; {@link TextModel.resume} goes on with its training where it `hasTrainingState`.
 *
 * @throws MynahError `model-not-found`, and as {@link TextModel.load} does; on abort the signal's `reason`.
 */
export async function loadModel(name: string, options: LoadOptions = {}): Promise<TextModel> {
  checkName(name);
  checkOptions("load", options);
  const read = async (): Promise<Uint8Array> => (await openModelStore()).read(name);
  return TextModel.load(await abortable(options.signal, read), options);
}

/**
 * Saves a model under a name, in the place of one that has it. A file that is not saved to its end changes nothing.
 *
 * @throws MynahError `storage-full`; with `checkpoint` also `no-training-state`.
 */
export async function saveModel(
  name: string,
  model: TextModel,
  options: SaveModelOptions = {},
): Promise<void> {
  checkName(name);
  checkOptions("saveModel", options);
  if (!(model instanceof TextModel)) throw new MynahError("invalid-option", "saveModel takes a TextModel");
  const { checkpoint = SAVE_DEFAULTS.checkpoint } = options;
  const store = await openModelStore();
  await store.write(name, await (checkpoint ? model.saveCheckpoint() : model.save()));
}

/**
 * Gives a saved model another name; its own one has no effect.
 *
 * @throws MynahError `model-not-found`, or `model-exists` where another one has the new name.
 */
export async function renameModel(name: string, newName: string): Promise<void> {
  checkName(name);
  checkName(newName);
  await (await openModelStore()).rename(name, newName);
}

/**
 * Removes a saved model.
 *
 * @throws MynahError `model-not-found`.
 */
export async function removeModel(name: string): Promise<void> {
  checkName(name);
  await (await openModelStore()).remove(name);
}
