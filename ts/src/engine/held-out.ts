import { EvaluationJob } from "./evaluation-job.js";
import { callWasm } from "../wasm/instance.js";
import type { Model, Training } from "../wasm/glue.js";
import type { Evaluation } from "../types.js";

/** A reading of a run's held-out text, one after the other. */
export class HeldOut {
  readonly #training: Training;
  readonly #now: () => number;
  #reading: EvaluationJob | undefined;
  #milliseconds = 0;

  /** @param now - milliseconds of the run's clock */
  constructor(training: Training, now: () => number) {
    this.#training = training;
    this.#now = now;
  }

  /** Whether a reading is under way. */
  get isBeingRead(): boolean {
    return this.#reading !== undefined;
  }

  /** Begins a reading in so many parts side by side; none where nothing is held out. */
  begin(model: Model, streams: number): void {
    const evaluation = callWasm(() => this.#training.validation(model, streams));
    this.#reading = evaluation === undefined ? undefined : new EvaluationJob(evaluation);
    this.#milliseconds = 0;
  }

  /** Reads on for a slice. At the end what it came to, and how long it took. */
  advance(model: Model): (Evaluation & { readonly seconds: number }) | undefined {
    const sliceBegan = this.#now();
    const result = this.#reading?.advance(model);
    this.#milliseconds += this.#now() - sliceBegan;
    if (result === undefined) return undefined;
    this.end();
    return { ...result, seconds: this.#milliseconds / 1000 };
  }

  /** Gives a reading up. */
  end(): void {
    this.#reading?.free();
    this.#reading = undefined;
  }
}
