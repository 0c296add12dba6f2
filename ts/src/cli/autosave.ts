import { explainFailure } from "./exit.js";
import type { OutputFile } from "./files/output-file.js";
import type { TrainView } from "./view/train-view.js";
import { MynahError, type TextModel } from "../index.js";

/** Writes a checkpoint from time to time, so that a machine that goes down takes little with it. */
export class Autosave {
  readonly #model: Pick<TextModel, "saveCheckpoint">;
  readonly #file: OutputFile;
  readonly #view: TrainView;
  readonly #milliseconds: number;
  #savedAt = performance.now();
  #hasComplained = false;

  /** @param seconds - time between two checkpoints; `undefined` for no checkpoints */
  constructor(
    model: Pick<TextModel, "saveCheckpoint">,
    file: OutputFile,
    view: TrainView,
    seconds: number | undefined,
  ) {
    this.#model = model;
    this.#file = file;
    this.#view = view;
    this.#milliseconds = (seconds ?? Infinity) * 1000;
  }

  /** To be called between steps. A checkpoint that cannot be written is told of once, and ends nothing. */
  async tick(): Promise<void> {
    if (performance.now() - this.#savedAt < this.#milliseconds) return;
    try {
      await this.#file.write(await this.#model.saveCheckpoint());
    } catch (error) {
      // The run has come to its end meanwhile, and its model will be saved.
      if (error instanceof MynahError && error.code === "no-training-state") return;
      if (!this.#hasComplained) this.#view.note(`No checkpoint was saved: ${explainFailure(error).sentence}`);
      this.#hasComplained = true;
    }
    this.#savedAt = performance.now();
  }
}
