import { explainFailure } from "./exit.js";
import type { TrainView } from "./view/train-view.js";
import type { TextModel } from "../index.js";
import { Autosave, type SavePlace } from "../storage/autosave.js";

/** Writes a checkpoint from time to time, so that a machine that goes down takes little with it. */
export class Checkpoints {
  readonly #saving: Autosave;
  readonly #path: string;
  readonly #view: TrainView;
  #hasComplained = false;
  #saved: number | undefined;

  /** @param seconds - time between two checkpoints; `undefined` for no checkpoints */
  constructor(
    model: Pick<TextModel, "save" | "saveCheckpoint">,
    file: SavePlace & { readonly path: string },
    view: TrainView,
    seconds: number | undefined,
  ) {
    this.#saving = new Autosave(model, file, seconds ?? Infinity);
    this.#path = file.path;
    this.#view = view;
  }

  /** The step after which the last one was saved; `undefined` where none was. */
  get saved(): number | undefined {
    return this.#saved;
  }

  /** To be called after each step that is told. A checkpoint that cannot be written is told of once, and ends nothing. */
  async tick(step: number): Promise<void> {
    const report = await this.#saving.tick();
    if (report === undefined) return;
    this.#view.autosaved({ ...report, step, path: this.#path });
    const { error } = report;
    if (error === undefined) {
      this.#saved = step;
      return;
    }
    if (!this.#hasComplained) this.#view.note(`No checkpoint was saved: ${explainFailure(error).sentence}`);
    this.#hasComplained = true;
  }
}
