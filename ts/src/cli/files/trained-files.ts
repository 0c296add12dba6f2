import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { OutputFile } from "../../files/output-file.js";

/** Where a model went. */
export interface Written {
  readonly path: string;
  /** Whether a file of that name was there before. */
  readonly hasReplaced: boolean;
  /** Why it is not the path that was asked for. */
  readonly failure?: unknown;
}

/** Where the model of a run goes, and where it goes instead when the run fails. */
export class TrainedFiles {
  /** The file that was asked for. */
  readonly wanted: OutputFile;
  #ofFailure: OutputFile | undefined;

  private constructor(wanted: OutputFile) {
    this.wanted = wanted;
  }

  /** Finds out what could stop the writing, as {@link OutputFile.check} does. */
  static async check(path: string): Promise<TrainedFiles> {
    return new TrainedFiles(await OutputFile.check(path));
  }

  /**
   * Writes the model of a run; where its folder takes no file any more, into a new one among the temporary folders or in the current one:
   * hours of work are not lost for that.
   *
   * @throws MynahError `unwritable-output` when none of them takes it.
   */
  async write(bytes: Uint8Array): Promise<Written> {
    const { path } = this.wanted;
    try {
      await this.wanted.write(bytes);
      return { path, hasReplaced: this.wanted.hasReplaced };
    } catch (failure) {
      for (const parent of [tmpdir(), "."]) {
        const refuge = await writeInto(parent, basename(path), bytes).catch(() => undefined);
        if (refuge !== undefined) return { path: refuge, hasReplaced: false, failure };
      }
      throw failure;
    }
  }

  /**
   * The file for the model of a failed run, `notes.failed.safetensors` beside `notes.safetensors`.
   *
   * @throws MynahError `unwritable-output`.
   */
  async openForFailure(): Promise<OutputFile> {
    const path = `${this.wanted.path.replace(/\.safetensors$/, "")}.failed.safetensors`;
    this.#ofFailure = await OutputFile.check(path);
    return this.#ofFailure;
  }

  /** Removes what is half-written. Synchronous, so that it works while the process exits. */
  discard(): void {
    this.wanted.discard();
    this.#ofFailure?.discard();
  }
}

/** Writes a file into a new folder, so that it takes the place of none. */
async function writeInto(parent: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(await mkdtemp(join(parent, "mynah-")), name);
  await (await OutputFile.check(path)).write(bytes);
  return path;
}
