import { EvaluationJob } from "./evaluation-job.js";
import { MynahError } from "../errors.js";
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

  /**
   * Reads on for a slice. At the end what it came to, and how long it took.
   *
   * @param step - the one whose weights the model has
   * @throws MynahError `non-finite-loss` of a run that has diverged, which its steps have not shown yet.
   */
  advance(model: Model, step: number): (Evaluation & { readonly seconds: number }) | undefined {
    const sliceBegan = this.#now();
    const result = this.#readOn(model, step);
    this.#milliseconds += this.#now() - sliceBegan;
    if (result === undefined) return undefined;
    this.end();
    return { ...result, seconds: this.#milliseconds / 1000 };
  }

  #readOn(model: Model, step: number): Evaluation | undefined {
    try {
      return this.#reading?.advance(model);
    } catch (cause) {
      if (!(cause instanceof MynahError) || cause.code !== "non-finite-loss") throw cause;
      const message = `the held-out loss after step ${step} is not finite: the steps were too large, and the weights are of no use any more; try a lower learningRate, or clipNorm 1`;
      throw new MynahError("non-finite-loss", message, { cause });
    }
  }

  /** Gives a reading up. */
  end(): void {
    this.#reading?.free();
    this.#reading = undefined;
  }
}
