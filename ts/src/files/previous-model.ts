import { constants, copyFile, link, rm } from "node:fs/promises";
import { besideName } from "./beside-name.js";
import { isFinishedModel } from "./finished-model.js";
import { unwrittenFile } from "./output-file.js";
import { realPath } from "./real-path.js";

/**
 * The finished model whose place the checkpoints of a run take: it may be worth more than a run that has not come to its end, and is kept
 * beside them until then, as `notes.previous.safetensors`.
 */
export class PreviousModel {
  readonly #path: string;
  #kept: string | undefined;

  /** @param path - of the checkpoints, and of the model of the run */
  constructor(path: string) {
    this.#path = path;
  }

  /** Where it is; `undefined` if there is none. */
  get kept(): string | undefined {
    return this.#kept;
  }

  /**
   * Writes a checkpoint, once a finished model that is there has another name.
   *
   * @throws MynahError `unwritable-output` or `storage-full`, or what `write` throws; what was at the path before is then still there.
   */
  async keepDuring(write: () => Promise<void>): Promise<void> {
    const isFirst = this.#kept === undefined;
    const kept = isFirst && (await isFinishedModel(this.#path)) ? await keepBeside(this.#path) : undefined;
    try {
      await write();
    } catch (error) {
      // It is still where it was.
      if (kept !== undefined) await rm(kept, { force: true });
      throw error;
    }
    this.#kept ??= kept;
  }

  /** Removes it, since the run has come to its end. If it cannot be removed, it is one file too many. */
  async remove(): Promise<void> {
    if (this.#kept !== undefined) await rm(this.#kept, { force: true }).catch(() => undefined);
    this.#kept = undefined;
  }
}

/**
 * Gives a file another name, in the same folder and one that nothing has yet, under which it stays when its own is taken.
 *
 * @throws MynahError `unwritable-output` or `storage-full`.
 */
async function keepBeside(path: string): Promise<string> {
  const target = realPath(path);
  for (let i = 1; ; i++) {
    const name = besideName(path, "previous", i);
    try {
      // Some file systems have no links.
      await link(target, name).catch((error: unknown) => {
        if (isThere(error)) throw error;
        return copyFile(target, name, constants.COPYFILE_EXCL);
      });
      return name;
    } catch (error) {
      if (!isThere(error)) throw unwrittenFile(name, error);
    }
  }
}

const isThere = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EEXIST";
