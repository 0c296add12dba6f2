import { OutputFile } from "./output-file.js";
import { PreviousModel } from "./previous-model.js";
import type { FoundPlace } from "../storage/autosave.js";

/** The file that a run saves its checkpoints in, and at its end its model. A finished model that is there is kept until then. */
export class RunFile implements FoundPlace {
  readonly #path: string;
  readonly #previous: PreviousModel;

  constructor(path: string) {
    this.#path = path;
    this.#previous = new PreviousModel(path);
  }

  /** Where the finished model is now whose place a checkpoint has taken. */
  get previous(): string | undefined {
    return this.#previous.kept;
  }

  /** @throws MynahError `unwritable-output`. */
  async check(): Promise<void> {
    await OutputFile.check(this.#path);
  }

  /** @throws MynahError `unwritable-output` or `storage-full`; what was there before then still is. */
  async write(bytes: Uint8Array, isOver: boolean): Promise<void> {
    const output = await OutputFile.check(this.#path);
    if (!isOver) {
      await this.#previous.keepDuring(() => output.write(bytes));
      return;
    }
    await output.write(bytes);
    await this.#previous.remove();
  }
}
