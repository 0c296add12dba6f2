import { EvaluationJob } from "./evaluation-job.js";
import type { TrainChunk } from "./engine-api.js";
import { MeanOfLast, MeanSinceTaken } from "./mean.js";
import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { ValidationSchedule, type Progress } from "./validation-schedule.js";
import { toMynahError, type MynahError } from "../errors.js";
import { callWasm, isInstanceAlive } from "../wasm/instance.js";
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
  #learningRate = 0;
  #gradientNorm = 0;
  #stepsTold = 0;
  #isLast = false;
  #failure: MynahError | undefined;
  #validation: EvaluationJob | undefined;
  #millisecondsInValidation = 0;

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
   *
   * No finished step goes untold: when something fails after some, this call tells of them, and the next one throws.
   */
  advance(model: Model): TrainChunk | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#goOn(model);
    } catch (error) {
      if (!isInstanceAlive() || this.#training.stepsDone === this.#stepsTold) throw error;
      this.#failure = toMynahError(error);
      return this.#report(undefined);
    }
  }

  free(): void {
    this.#validation?.free();
    this.#training.free();
  }

  #goOn(model: Model): TrainChunk | undefined {
    if (this.#validation === undefined) {
      const isValidationDue = this.#runSteps(model);
      if (isValidationDue) this.#validation = this.#openValidation(model);
      return this.#validation === undefined ? this.#report(undefined) : undefined;
    }
    const sliceBegan = performance.now();
    const result = this.#validation.advance(model);
    this.#millisecondsInValidation += performance.now() - sliceBegan;
    if (result === undefined) return undefined;
    this.#schedule.addCost(this.#millisecondsInValidation / 1000);
    this.#millisecondsInValidation = 0;
    this.#validation.free();
    this.#validation = undefined;
    return this.#report(result.loss);
  }

  /** Runs steps for a slice of time, once at least. Returns whether a validation is due after the last of them. */
  #runSteps(model: Model): boolean {
    let isValidationDue = false;
    const sliceBegan = performance.now();
    try {
      workFor(CHUNK_MILLISECONDS, () => {
        this.#runStep(model);
        isValidationDue = this.#isLast || this.#schedule.isDue(this.#progress);
        return !isValidationDue;
      });
    } finally {
      this.#millisecondsInSteps += performance.now() - sliceBegan;
    }
    return isValidationDue;
  }

  #runStep(model: Model): void {
    const loss = callWasm(() => this.#training.step(model, this.#fractionDone));
    this.#loss.add(loss);
    this.#recentLoss.add(loss);
    // Kept, because a step that fails leaves its own in the training, and the one before it may still have to be told of.
    this.#learningRate = this.#training.learningRate;
    this.#gradientNorm = this.#training.gradientNorm;
    this.#isLast =
      this.#training.finished || (this.#seconds !== undefined && this.#elapsedSeconds >= this.#seconds);
  }

  #openValidation(model: Model): EvaluationJob | undefined {
    const streams = this.#isLast ? EXACT_STREAMS : VALIDATION_STREAMS;
    const evaluation = callWasm(() => this.#training.validation(model, streams));
    return evaluation === undefined ? undefined : new EvaluationJob(evaluation);
  }

  #report(validationLoss: number | undefined): TrainChunk {
    const { totalSteps, tokensPerStep } = this.plan;
    this.#stepsTold = this.#training.stepsDone;
    const tokens = this.#stepsTold * tokensPerStep;
    const step: TrainStep = {
      step: this.#stepsTold,
      ...(totalSteps === null ? {} : { totalSteps }),
      epoch: this.#training.epoch,
      loss: this.#loss.take(),
      ...(validationLoss === undefined ? {} : { validationLoss }),
      tokens,
      tokensPerSecond: (tokens / this.#millisecondsInSteps) * 1000,
      learningRate: this.#learningRate,
      gradientNorm: this.#gradientNorm,
      elapsedSeconds: this.#elapsedSeconds,
      remainingSeconds: this.#remainingSeconds,
      fractionDone: this.#fractionDone,
    };
    return { step, isLast: this.#isLast && this.#failure === undefined, recentLoss: this.#recentLoss.mean };
  }

  get #progress(): Progress {
    return {
      step: this.#training.stepsDone,
      fractionDone: this.#fractionDone,
      elapsedSeconds: this.#elapsedSeconds,
    };
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
