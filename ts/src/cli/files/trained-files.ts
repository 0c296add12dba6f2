import { lstat, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { besideName } from "../../files/beside-name.js";
import { OutputFile } from "../../files/output-file.js";
import { PreviousModel } from "../../files/previous-model.js";
import { realPath } from "../../files/real-path.js";

/** Where a model went. */
export interface Written {
  readonly path: string;
  /** Whether a file of that name was there before. */
  readonly hasReplaced: boolean;
  /** Of a checkpoint: where the finished model is now that was there before. */
  readonly previous?: string | undefined;
  /** Why it is not the path that was asked for. */
  readonly failure?: unknown;
}

/** Where the model of a run goes, and where it goes instead when the run fails. */
export class TrainedFiles {
  /** The file that was asked for. */
  readonly wanted: OutputFile;
  readonly #isBegunFrom: boolean;
  readonly #previous: PreviousModel;
  #ofFailure: OutputFile | undefined;

  private constructor(wanted: OutputFile, isBegunFrom: boolean) {
    this.wanted = wanted;
    this.#isBegunFrom = isBegunFrom;
    this.#previous = new PreviousModel(wanted.path);
  }

  /**
   * Finds out what could stop the writing, as {@link OutputFile.check} does.
   *
   * @param begunFrom - the model or checkpoint that the run begins with, if any
   */
  static async check(path: string, begunFrom?: string): Promise<TrainedFiles> {
    const isBegunFrom = begunFrom !== undefined && realPath(begunFrom) === realPath(path);
    return new TrainedFiles(await OutputFile.check(path), isBegunFrom);
  }

  /** Whether the run takes the place of a file that it has not begun with. */
  get willReplace(): boolean {
    return this.wanted.isThere && !this.#isBegunFrom;
  }

  /** Where the finished model is whose place a checkpoint of this run has taken; `undefined` if there is none. */
  get previous(): string | undefined {
    return this.#previous.kept;
  }

  /**
   * Writes a checkpoint. A finished model that is there, also one that the run has begun with, is kept beside it ({@link PreviousModel}).
   *
   * @throws MynahError `unwritable-output` or `storage-full`; what was at the path before is then still there.
   */
  async writeCheckpoint(bytes: Uint8Array): Promise<void> {
    await this.#previous.keepDuring(() => this.wanted.write(bytes));
  }

  /** {@link writeCheckpoint}, of a run that was interrupted, and as {@link write} where its folder takes no file any more. */
  async writeLastCheckpoint(bytes: Uint8Array): Promise<Written> {
    const { path } = this.wanted;
    const written = await writeOrFlee(path, bytes, () => this.writeCheckpoint(bytes));
    if (written.failure !== undefined) return { ...written, hasReplaced: false };
    const { previous } = this;
    return previous === undefined
      ? { ...written, hasReplaced: this.wanted.hasReplaced }
      : { ...written, hasReplaced: false, previous };
  }

  /**
   * Writes the model of a run; where its folder takes no file any more, into a new one among the temporary folders or in the current one:
   * hours of work are not lost for that.
   *
   * @throws MynahError `unwritable-output` or `storage-full`, when none of them takes it.
   */
  async write(bytes: Uint8Array): Promise<Written> {
    const written = await writeOrFlee(this.wanted.path, bytes, () => this.wanted.write(bytes));
    if (written.failure !== undefined) return { ...written, hasReplaced: false };
    await this.#previous.remove();
    return { ...written, hasReplaced: this.wanted.hasReplaced };
  }

  /**
   * Writes the model of a run that failed, as `notes.failed.safetensors` beside `notes.safetensors` (then `notes.failed-2.safetensors`, and
   * so on): that of an earlier run may be worth more. As {@link write} does where the folder takes no file any more.
   *
   * @throws MynahError `unwritable-output` or `storage-full`, when none of the folders takes it.
   */
  async writeFailed(bytes: Uint8Array): Promise<Written> {
    const path = await freeName(this.wanted.path);
    const write = async (): Promise<void> => {
      this.#ofFailure = await OutputFile.check(path);
      await this.#ofFailure.write(bytes);
    };
    return { ...(await writeOrFlee(path, bytes, write)), hasReplaced: false };
  }

  /** Removes what is half-written. Synchronous, so that it works while the process exits. */
  discard(): void {
    this.wanted.discard();
    this.#ofFailure?.discard();
  }
}

/** The first of the names of {@link besideName} for a failed run that nothing has. */
async function freeName(path: string): Promise<string> {
  for (let i = 1; ; i++) {
    const name = besideName(path, "failed", i);
    // What cannot be looked at cannot be written either, which the writing tells better.
    if ((await lstat(name).catch(() => undefined)) === undefined) return name;
  }
}

/** Writes a file, and where that fails, one of its name into a new folder elsewhere. */
async function writeOrFlee(
  path: string,
  bytes: Uint8Array,
  write: () => Promise<void>,
): Promise<Pick<Written, "path" | "failure">> {
  try {
    await write();
    return { path };
  } catch (failure) {
    for (const parent of [tmpdir(), "."]) {
      const refuge = await writeInto(parent, basename(path), bytes).catch(() => undefined);
      if (refuge !== undefined) return { path: refuge, failure };
    }
    throw failure;
  }
}

/** Writes a file into a new folder, so that it takes the place of none. */
async function writeInto(parent: string, name: string, bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(parent, "mynah-"));
  try {
    const path = join(folder, name);
    await (await OutputFile.check(path)).write(bytes);
    return path;
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}
