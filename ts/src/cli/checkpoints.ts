import { explainFailure } from "./exit.js";
import type { TrainView } from "./view/train-view.js";
import type { TextModel } from "../index.js";
import { Autosave, type SavePlace } from "../storage/autosave.js";

/** Writes a checkpoint from time to time, so that a machine that goes down takes little with it. */
export class Checkpoints {
  readonly #saving: Autosave;
  readonly #view: TrainView;
  #hasComplained = false;

  /** @param seconds - time between two checkpoints; `undefined` for no checkpoints */
  constructor(
    model: Pick<TextModel, "save" | "saveCheckpoint">,
    place: SavePlace,
    view: TrainView,
    seconds: number | undefined,
  ) {
    this.#saving = new Autosave(model, place, seconds ?? Infinity);
    this.#view = view;
  }

  /** To be called between steps. A checkpoint that cannot be written is told of once, and ends nothing. */
  async tick(): Promise<void> {
    const { error } = (await this.#saving.tick()) ?? {};
    if (error === undefined) return;
    if (!this.#hasComplained) this.#view.note(`No checkpoint was saved: ${explainFailure(error).sentence}`);
    this.#hasComplained = true;
  }
}
