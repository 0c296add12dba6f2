import { OutputFile } from "./output-file.js";

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
