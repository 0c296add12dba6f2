import { EvaluationJob } from "./evaluation-job.js";
import type { TrainChunk } from "./engine-api.js";
import { MeanOfLast, MeanSinceTaken } from "./mean.js";
import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { ValidationSchedule } from "./validation-schedule.js";
import { callWasm } from "../wasm/instance.js";
import type { Model, Training } from "../wasm/glue.js";
import type { TrainSettings } from "../options/types.js";
import type { TrainingPlan, TrainStep } from "../types.js";

// During a run the held-out text is read in parts side by side, about ten times as fast; the last reading is exact.
const VALIDATION_STREAMS = 32;
const EXACT_STREAMS = 1;

// A validation can outlast the time that is left; only the last step counts as the end.
const ALMOST_DONE = 0.999;

// Steps that the final training loss is averaged over.
const RECENT_STEPS = 100;

/**
 * One training run, done in slices. With a budget in steps or epochs the clock decides only how many steps a slice covers, never
 * what a step computes, so that the same seed gives the same model.
 */
export class TrainingJob {
  readonly plan: TrainingPlan;
  readonly #training: Training;
  readonly #seconds: number | undefined;
  readonly #schedule: ValidationSchedule;
  readonly #loss = new MeanSinceTaken();
  readonly #recentLoss = new MeanOfLast(RECENT_STEPS);
  readonly #beganAt = performance.now();
  #millisecondsInSteps = 0;
  #isLast = false;
  #validation: EvaluationJob | undefined;

  /** Takes over the training, and frees it in {@link free}. */
  constructor(training: Training, settings: TrainSettings) {
    this.#training = training;
    this.#seconds = settings.seconds;
    this.plan = JSON.parse(callWasm(() => training.plan())) as TrainingPlan;
    this.#schedule = new ValidationSchedule(this.plan.totalSteps, settings.evaluateEvery);
  }

  /**
   * Goes on for a slice: with steps up to the next validation, or with that validation, until whose end there is nothing to
   * tell. Not to be called after the last step.
   */
  advance(model: Model): TrainChunk | undefined {
    if (this.#validation === undefined) {
      const isValidationDue = this.#runSteps(model);
      if (isValidationDue) this.#validation = this.#openValidation(model);
      return this.#validation === undefined ? this.#report(undefined) : undefined;
    }
    const result = this.#validation.advance(model);
    if (result === undefined) return undefined;
    this.#validation.free();
    this.#validation = undefined;
    return this.#report(result.loss);
  }

  free(): void {
    this.#validation?.free();
    this.#training.free();
  }

  /** Runs steps for a slice of time, once at least. Returns whether a validation is due after the last of them. */
  #runSteps(model: Model): boolean {
    let isValidationDue = false;
    const sliceBegan = performance.now();
    workFor(CHUNK_MILLISECONDS, () => {
      const loss = callWasm(() => this.#training.step(model, this.#fractionDone));
      this.#loss.add(loss);
      this.#recentLoss.add(loss);
      this.#isLast =
        this.#training.finished || (this.#seconds !== undefined && this.#elapsedSeconds >= this.#seconds);
      isValidationDue = this.#schedule.isDue(this.#training.stepsDone, this.#fractionDone) || this.#isLast;
      return !isValidationDue;
    });
    this.#millisecondsInSteps += performance.now() - sliceBegan;
    return isValidationDue;
  }

  #openValidation(model: Model): EvaluationJob | undefined {
    const streams = this.#isLast ? EXACT_STREAMS : VALIDATION_STREAMS;
    const evaluation = callWasm(() => this.#training.validation(model, streams));
    return evaluation === undefined ? undefined : new EvaluationJob(evaluation, streams);
  }

  #report(validationLoss: number | undefined): TrainChunk {
    const { totalSteps, tokensPerStep } = this.plan;
    const tokens = this.#training.stepsDone * tokensPerStep;
    const step: TrainStep = {
      step: this.#training.stepsDone,
      ...(totalSteps === null ? {} : { totalSteps }),
      epoch: this.#training.epoch,
      loss: this.#loss.take(),
      ...(validationLoss === undefined ? {} : { validationLoss }),
      tokens,
      tokensPerSecond: (tokens / this.#millisecondsInSteps) * 1000,
      learningRate: this.#training.learningRate,
      gradientNorm: this.#training.gradientNorm,
      elapsedSeconds: this.#elapsedSeconds,
      remainingSeconds: this.#remainingSeconds,
      fractionDone: this.#fractionDone,
    };
    return { step, isLast: this.#isLast, recentLoss: this.#recentLoss.mean };
  }

  get #elapsedSeconds(): number {
    return (performance.now() - this.#beganAt) / 1000;
  }

  /** Share of the budget used, from 0; 1 at the last step, and only then. */
  get #fractionDone(): number {
    if (this.#isLast) return 1;
    const { totalSteps } = this.plan;
    const done =
      totalSteps === null
        ? this.#elapsedSeconds / (this.#seconds ?? 1)
        : this.#training.stepsDone / totalSteps;
    return Math.min(done, ALMOST_DONE);
  }

  /** As long again for what is left as it took for what is done. */
  get #remainingSeconds(): number {
    const done = this.#fractionDone;
    return done === 0 ? 0 : (this.#elapsedSeconds * (1 - done)) / done;
  }
}
