import type { TrainChunk } from "./engine-api.js";
import { HeldOut } from "./held-out.js";
import type { LiveSamples } from "./live-samples.js";
import { MeanOfLast, MeanSinceTaken, RECENT_STEPS, ShareSinceTaken } from "./mean.js";
import { Pace } from "./pace.js";
import { CHUNK_MILLISECONDS, workTogetherFor } from "./slice.js";
import { ValidationSchedule, type Progress } from "./validation-schedule.js";
import { MynahError, toMynahError } from "../errors.js";
import { RUN_DEFAULTS } from "../options/defaults.js";
import type { Links } from "../parallel/links.js";
import { sharedStep } from "../parallel/shared-step.js";
import { callWasm, isInstanceAlive } from "../wasm/instance.js";
import type { Model, Training } from "../wasm/glue.js";
import type { Rollback, TrainingPlan, TrainResult, TrainStep } from "../types.js";

// During a run the held-out text is read in parts side by side, about ten times as fast; the last reading is exact.
const VALIDATION_STREAMS = 32;
const EXACT_STREAMS = 1;

// A validation can outlast the time that is left; only the last step counts as the end.
const ALMOST_DONE = 0.999;

/** What of its options a run leaves to others. */
type Said = Partial<Pick<TrainingPlan, "seconds" | "evaluateEvery">>;

/** What a step tells beside its own figures. */
type Finding = Pick<
  TrainStep,
  "validationLoss" | "validationBitsPerByte" | "validationAccuracy" | "isBest" | "sample"
>;

/** What a job has of its surroundings. */
export interface JobSettings {
  readonly pace?: Pace;
  /** UTF-8 bytes of the source, without the ends of documents. */
  readonly bytes?: number;
  readonly samples?: LiveSamples | undefined;
}

/**
 * One training run, done in slices. With a budget in steps or epochs the clock decides only how many steps a slice covers, never
 * what a step computes, so that the same seed gives the same model.
 *
 * After the last step come up to two readings of the held-out text: one as all those before, to find out whether the last weights
 * are the best, and the exact one of the weights that are kept.
 */
export class TrainingJob {
  readonly plan: TrainingPlan;
  readonly pace: Pace;
  readonly #training: Training;
  readonly #schedule: ValidationSchedule;
  readonly #loss = new MeanSinceTaken();
  readonly #recentLoss = new MeanOfLast(RECENT_STEPS);
  readonly #beganAt: number;
  /** Where the run was when this part of it began: its beginning, or the checkpoint. */
  readonly #start: { readonly step: number; readonly fractionDone: number; readonly seconds: number };
  #millisecondsInSteps = 0;
  #learningRate = 0;
  #gradientNorm = 0;
  #stepsTold: number;
  #tokens = 0;
  #isLast = false;
  #failure: MynahError | undefined;
  readonly #heldOut: HeldOut;
  readonly #samples: LiveSamples | undefined;
  readonly #bytesPerSymbol: number;
  readonly #accuracy = new ShareSinceTaken();
  /** What is told as soon as the sample is written. */
  #found: Finding = {};
  #hasValidated: boolean;
  #validationLoss: number | undefined;
  #isBest = true;
  /** The step whose weights are kept, once that is decided. */
  #keptStep: number | undefined;
  #stoppedEarly = false;
  #end: TrainResult | undefined;
  #rollback: Rollback | undefined;
  #mayHaveMissedValidation: boolean;
  #links: Links | undefined;
  #underway: Promise<unknown> = Promise.resolve();

  /** Takes over the training, new or from a checkpoint, and frees it in {@link free}. */
  constructor(
    training: Training,
    { pace = new Pace(RUN_DEFAULTS.dutyCycle), bytes, samples }: JobSettings = {},
  ) {
    this.#training = training;
    this.pace = pace;
    this.#beganAt = pace.now();
    this.#heldOut = new HeldOut(training, () => pace.now());
    this.#samples = samples;
    const { seconds = null, evaluateEvery = null } = JSON.parse(callWasm(() => training.options())) as Said;
    this.plan = { ...JSON.parse(callWasm(() => training.plan())), seconds, evaluateEvery } as TrainingPlan;
    const { totalSteps, trainTokens, validationTokens } = this.plan;
    this.#bytesPerSymbol = bytes === undefined ? 1 : bytes / (trainTokens + validationTokens);
    const step = training.stepsDone;
    const shareOfSeconds = seconds === null ? 0 : training.secondsDone;
    this.#start = {
      step,
      fractionDone: totalSteps === null ? shareOfSeconds : step / totalSteps,
      seconds: shareOfSeconds * (seconds ?? 0),
    };
    this.#stepsTold = step;
    this.#mayHaveMissedValidation = step > 0;
    this.#hasValidated = step > 0 && training.validatedStep > 0;
    this.#schedule = new ValidationSchedule(totalSteps, evaluateEvery ?? undefined, this.#start.fractionDone);
  }

  /** Whether the run has come to its end. */
  get isFinished(): boolean {
    return this.#end !== undefined;
  }

  /** What it has come to so far; `undefined` before the first step that was done here. */
  get result(): TrainResult | undefined {
    return this.#training.stepsDone === this.#start.step ? this.#end : (this.#end ?? this.#summary);
  }

  get #summary(): TrainResult {
    const { stepsDone: steps, epoch: epochs } = this.#training;
    const kept = this.#keptStep;
    return {
      steps,
      ...(this.#start.step === 0 ? {} : { resumedAt: this.#start.step }),
      epochs,
      loss: this.#recentLoss.mean,
      ...(this.#validationLoss === undefined ? {} : { validationLoss: this.#validationLoss }),
      ...(kept === undefined || kept === steps ? {} : { bestStep: kept }),
      ...(this.#stoppedEarly ? { stoppedEarly: true } : {}),
      rollbacks: this.#training.rollbacks,
      tokens: this.#tokens,
      tokensPerSecond: this.#tokensPerSecond,
      seconds: this.#elapsedSeconds,
      plan: this.plan,
    };
  }

  /**
   * Goes on for a slice: with steps up to the next validation, or with that validation, until whose end there is nothing to
   * tell. Before, it rests as the pace wants; where that ends in a pause, there is nothing to tell either. Not to be called after the
   * last step.
   *
   * No finished step goes untold: when something fails after some, this call tells of them, and the next one throws.
   */
  async advance(model: Model): Promise<TrainChunk | undefined> {
    const pace = this.pace;
    if (pace.restLeft > 0) await pace.rest();
    // Disturbed: whoever did it decides how it goes on.
    if (pace.isResting || pace.restLeft > 0) return undefined;
    const slice = pace.work(() => this.#advance(model));
    this.#underway = slice.catch(() => undefined);
    return slice;
  }

  /** Lets no more slices begin. Resolves once none is under way; time does not count from then on. */
  pause(): Promise<void> {
    return this.pace.pause(this.settled());
  }

  /** Waits for the end of the slice under way: within it, a training of several workers can be in the middle of a step. */
  async settled(): Promise<void> {
    await this.#underway;
  }

  /** Has the steps from now on taken together with other workers. */
  lead(links: Links): void {
    this.#links = links;
  }

  /** Ends the waiting for another worker. */
  failLinks(error: MynahError): void {
    this.#links?.fail(error);
  }

  async #advance(model: Model): Promise<TrainChunk | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#goOn(model);
    } catch (error) {
      if (!isInstanceAlive() || this.#training.stepsDone === this.#stepsTold) throw error;
      this.#failure = toMynahError(error);
      return this.#report({});
    }
  }

  /** The model file with all that {@link Training.resume} needs. */
  checkpoint(model: Model): Uint8Array {
    return callWasm(() => this.#training.checkpoint(model));
  }

  /** Frees what only goes on with the run needs, and parts from the other workers. */
  leave(): void {
    this.#heldOut.end();
    this.#samples?.end();
    this.#links?.close();
    this.#links = undefined;
  }

  free(): void {
    this.leave();
    this.#training.free();
  }

  async #goOn(model: Model): Promise<TrainChunk | undefined> {
    if (this.#heldOut.isBeingRead) return this.#goOnReading(model);
    if (this.#samples?.isWriting === true) {
      const sample = this.#samples.advance(model);
      return sample === undefined ? undefined : this.#report({ ...this.#found, sample });
    }
    const isValidationDue = this.#isOneMissing() || (await this.#runSteps(model));
    if (isValidationDue) this.#beginValidation(model);
    return this.#heldOut.isBeingRead ? undefined : this.#tell(model, {});
  }

  #goOnReading(model: Model): TrainChunk | undefined {
    const result = this.#heldOut.advance(model, this.#keptStep ?? this.#training.stepsDone);
    if (result === undefined) return undefined;
    this.#schedule.addCost(result.seconds);
    this.#hasValidated = true;
    this.#validationLoss = result.loss;
    const isCompared = this.#keptStep === undefined;
    if (isCompared) this.#judge(model, result.loss);
    if (isCompared && this.#isLast) {
      this.#decide(model);
      return undefined;
    }
    return this.#tell(model, {
      validationLoss: result.loss,
      validationBitsPerByte: result.bitsPerByte,
      validationAccuracy: result.accuracy,
      isBest: this.#isBest,
    });
  }

  /** Reports at once, or after a sample where one is due. */
  #tell(model: Model, finding: Finding): TrainChunk | undefined {
    if (this.#samples?.isDue(this.#progress) !== true) return this.#report(finding);
    this.#found = finding;
    this.#samples.begin(model, this.#progress);
    return undefined;
  }

  /** A run that was left between a step and its validation goes on with the validation. */
  #isOneMissing(): boolean {
    if (!this.#mayHaveMissedValidation) return false;
    this.#mayHaveMissedValidation = false;
    this.#isLast = this.#training.finished;
    if (this.#isLast) {
      this.#stoppedEarly = this.#training.stepsDone < (this.plan.totalSteps ?? Infinity);
      return true;
    }
    return this.#training.validatedStep < this.#training.stepsDone && this.#schedule.isDue(this.#progress);
  }

  /** Runs steps for a slice of time, once at least. Returns whether a validation is due after the last of them. */
  async #runSteps(model: Model): Promise<boolean> {
    const now = (): number => this.pace.now();
    const sliceBegan = now();
    let isValidationDue = false;
    try {
      await workTogetherFor(CHUNK_MILLISECONDS, now, async () => {
        await this.#runStep(model);
        isValidationDue = this.#isLast || this.#schedule.isDue(this.#progress);
        // A rollback is told as soon as there is a step to tell it with.
        const hasNews = this.#rollback !== undefined && this.#loss.count > 0;
        // Whoever pauses or ends the run while others of it have their turn waits for this slice; from an end on its clock stands.
        const mayGoOn = !isValidationDue && !hasNews && !this.pace.isResting;
        return mayGoOn && this.#samples?.isDue(this.#progress) !== true;
      });
    } finally {
      this.#millisecondsInSteps += now() - sliceBegan;
    }
    return isValidationDue;
  }

  async #runStep(model: Model): Promise<void> {
    const training = this.#training;
    this.#mayHaveMissedValidation = false;
    const loss = await this.#takeStep(model);
    this.#tokens += training.tokens;
    const rollback = training.rollback;
    if (rollback === undefined) {
      this.#loss.add(loss);
      this.#recentLoss.add(loss);
      this.#gradientNorm = training.gradientNorm;
      this.#accuracy.add(training.correct, training.tokens);
    } else {
      this.#rollback = JSON.parse(rollback) as Rollback;
    }
    this.#learningRate = training.learningRate;
    const { seconds } = this.plan;
    this.#isLast = training.finished || (seconds !== null && this.#secondsOfBudget >= seconds);
  }

  async #takeStep(model: Model): Promise<number> {
    const [training, links, secondsDone] = [this.#training, this.#links, this.#fractionDone];
    if (this.plan.workers === 1) return callWasm(() => training.step(model, secondsDone));
    if (links === undefined)
      throw new MynahError("internal", "The training has no links to its other workers");
    links.tell({ kind: "step", secondsDone });
    return sharedStep(training, model, links, secondsDone);
  }

  #beginValidation(model: Model): void {
    const isCompared = !this.#isLast || this.#hasValidated;
    if (isCompared) this.#heldOut.begin(model, VALIDATION_STREAMS);
    if (this.#isLast && !this.#heldOut.isBeingRead) this.#decide(model);
  }

  /** The end: the weights that are kept go into the model, and the held-out text is read once more, exactly. */
  #decide(model: Model): void {
    const best = callWasm(() => this.#training.finish(model));
    this.#keptStep =
      best === undefined ? this.#training.stepsDone : (JSON.parse(best) as { step: number }).step;
    this.#heldOut.begin(model, EXACT_STREAMS);
  }

  /** What a validation means for the run: Rust, which keeps the best weights and the rate, has the say. */
  #judge(model: Model, validationLoss: number): void {
    const verdict = callWasm(() => this.#training.validated(model, validationLoss));
    this.#links?.tell({ kind: "validated", loss: validationLoss });
    const { improved, stop } = JSON.parse(verdict) as { improved: boolean; stop: boolean };
    this.#isBest = improved;
    if (stop && !this.#isLast) {
      this.#stoppedEarly = true;
      this.#isLast = true;
    }
  }

  #report(finding: Finding): TrainChunk {
    const { totalSteps } = this.plan;
    this.#stepsTold = this.#training.stepsDone;
    const isEnd = this.#isLast && this.#failure === undefined;
    const loss = this.#loss.count > 0 ? this.#loss.take() : this.#recentLoss.mean;
    const accuracy = this.#accuracy.take();
    const step: TrainStep = {
      step: this.#stepsTold,
      ...(totalSteps === null ? {} : { totalSteps }),
      epoch: this.#training.epoch,
      loss,
      bitsPerByte: loss / (Math.LN2 * this.#bytesPerSymbol),
      ...(accuracy === undefined ? {} : { accuracy }),
      ...finding,
      ...(this.#rollback === undefined ? {} : { rollback: this.#rollback }),
      ...(isEnd && this.#stoppedEarly ? { stoppedEarly: true } : {}),
      tokens: this.#tokens,
      tokensPerSecond: this.#tokensPerSecond,
      learningRate: this.#learningRate,
      gradientNorm: this.#gradientNorm,
      elapsedSeconds: this.#elapsedSeconds,
      remainingSeconds: this.#remainingSeconds,
      fractionDone: this.#fractionDone,
    };
    this.#rollback = undefined;
    if (!isEnd) return { step };
    this.#end = this.#summary;
    return { step, result: this.#end };
  }

  get #progress(): Progress {
    return {
      step: this.#training.stepsDone,
      fractionDone: this.#fractionDone,
      elapsedSeconds: this.#elapsedSeconds,
    };
  }

  /** Since the run began, or was resumed, without pauses. */
  get #elapsedSeconds(): number {
    return (this.pace.now() - this.#beganAt) / 1000;
  }

  /** The same with those before a checkpoint, which knows them of a budget in seconds alone. */
  get #secondsOfBudget(): number {
    return this.#start.seconds + this.#elapsedSeconds;
  }

  get #tokensPerSecond(): number {
    return this.#tokens === 0 ? 0 : (this.#tokens / this.#millisecondsInSteps) * 1000;
  }

  /** Share of the budget used, from 0; 1 at the last step, and only then. */
  get #fractionDone(): number {
    if (this.#isLast) return 1;
    const { totalSteps, seconds } = this.plan;
    const done =
      totalSteps === null ? this.#secondsOfBudget / (seconds ?? 1) : this.#training.stepsDone / totalSteps;
    return Math.min(done, ALMOST_DONE);
  }

  /** As long again for what is left as it took for what was done here. */
  get #remainingSeconds(): number {
    const done = this.#fractionDone;
    const doneHere = done - this.#start.fractionDone;
    if (doneHere <= 0) return 0;
    return (this.#elapsedSeconds * (1 - done)) / doneHere;
  }
}
