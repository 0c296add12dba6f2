import type { RunControl } from "./run-control.js";
import type { RunRecord } from "./run-record.js";
import type { Diagnosis } from "../diagnosis/diagnose.js";
import { MynahError } from "../errors.js";
import type { TrainResult, TrainStep } from "../types.js";

/**
 * A training, which `model.train` and `model.resume` give. It is looped over or awaited, one of the two, and begins with that:
 *
 * ```ts
 * for await (const { step, loss } of model.train({ text })) console.log(step, loss);
 * const { validationLoss } = await model.train({ text, onStep: ({ step, loss }) => console.log(step, loss) });
 * ```
 *
 * A loop pulls: work is done only while the next step is awaited. Leaving it stops the run, and after its end the run can be awaited for
 * the result. A run that is neither looped over nor awaited does nothing. It is thenable, so an `async` function that returns it
 * returns its result.
 */
export class TrainingRun implements AsyncIterableIterator<TrainStep>, PromiseLike<TrainResult> {
  readonly #control: RunControl;
  readonly #record: RunRecord;
  readonly #steps: AsyncGenerator<TrainStep, TrainResult | undefined, undefined>;
  #isLooped = false;
  #result: TrainResult | undefined;
  #whole: Promise<TrainResult> | undefined;

  /** @param steps - as `runSteps` gives them, with the same control and record */
  constructor(
    control: RunControl,
    record: RunRecord,
    steps: AsyncGenerator<TrainStep, TrainResult | undefined, undefined>,
  ) {
    this.#control = control;
    this.#record = record;
    this.#steps = steps;
  }

  /** Whether the run rests, or will as soon as the work under way has ended. */
  get paused(): boolean {
    return this.#control.isPaused;
  }

  /** Share of the time that is worked, from 0.05 to 1: that of the options until another one is set, which takes effect at once. */
  get dutyCycle(): number {
    return this.#control.dutyCycle;
  }

  /** @throws MynahError `invalid-option`. */
  set dutyCycle(share: number) {
    this.#control.dutyCycle = share;
  }

  /**
   * What the course of the run says about it so far, in plain words; `undefined` before the first step that is told. It is computed when it is
   * read, from what was told since this run began, or was resumed. The result has the last one.
   */
  get diagnosis(): Diagnosis | undefined {
    return this.#record.diagnosis;
  }

  /**
   * Has the run rest, with all its workers, until {@link resume}: no step is told meanwhile. What is learnt does not depend on it, and the
   * time of a pause counts neither in `elapsedSeconds` and `tokensPerSecond` nor in a budget in `seconds`. Aborting and disposing end a
   * paused run at once. A run that has not begun yet reads its text when it does, and then rests.
   *
   * @returns when the work really rests: after the slice of about 50 ms that is under way, a longer step (a second and more of the largest
   * presets), or the reading of the text.
   * It never rejects; a run that has ended rests anyway.
   */
  async pause(): Promise<void> {
    await this.#control.pause();
  }

  /** Ends a pause. */
  resume(): void {
    this.#control.resume();
  }

  /**
   * The next step; at the end `done`, with the result as its value.
   *
   * @throws MynahError `busy` when the run is awaited, and as `model.train` does.
   */
  async next(): Promise<IteratorResult<TrainStep, TrainResult>> {
    if (this.#whole !== undefined && !this.#isLooped) throw isOtherwiseRead("awaited", "looped over");
    this.#isLooped = true;
    return this.#pull();
  }

  /** Stops the run, as leaving the loop does. */
  async return(): Promise<IteratorResult<TrainStep, TrainResult>> {
    this.#control.leave();
    return told(await this.#steps.return(undefined));
  }

  /** Stops the run, and rejects with `error`. */
  async throw(error: unknown): Promise<IteratorResult<TrainStep, TrainResult>> {
    this.#control.leave();
    return told(await this.#steps.throw(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** {@link return}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /**
   * Runs to the end, for `await`.
   *
   * @throws MynahError (rejects with) `busy` when the run is looped over and has not come to its end so, and as `model.train` does.
   */
  // oxlint-disable-next-line unicorn/no-thenable -- that a run can be awaited is what this is for
  then<Fulfilled = TrainResult, Rejected = never>(
    onFulfilled?: ((result: TrainResult) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#end().then(onFulfilled, onRejected);
  }

  /** {@link then}, for what it rejects with. */
  catch<Rejected = never>(
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<TrainResult | Rejected> {
    return this.#end().catch(onRejected);
  }

  /** {@link then}, whatever the end. */
  finally(onFinally?: (() => void) | null): Promise<TrainResult> {
    return this.#end().finally(onFinally);
  }

  async #pull(): Promise<IteratorResult<TrainStep, TrainResult>> {
    const next = told(await this.#steps.next());
    if (next.done === true) this.#result ??= next.value;
    return next;
  }

  #end(): Promise<TrainResult> {
    if (!this.#isLooped) return (this.#whole ??= this.#runOut());
    return this.#result === undefined
      ? Promise.reject(isOtherwiseRead("looped over", "awaited"))
      : Promise.resolve(this.#result);
  }

  async #runOut(): Promise<TrainResult> {
    for (;;) {
      const next = await this.#pull();
      if (next.done !== true) continue;
      if (next.value !== undefined) return next.value;
      throw new MynahError("busy", "The training was left with return() before its end");
    }
  }
}

/** A loop that was left has no result, which the types of iterators have no word for. */
function told(
  next: IteratorResult<TrainStep, TrainResult | undefined>,
): IteratorResult<TrainStep, TrainResult> {
  return next as IteratorResult<TrainStep, TrainResult>;
}

function isOtherwiseRead(is: string, cannotBe: string): MynahError {
  return new MynahError(
    "busy",
    `This training is ${is} and cannot be ${cannotBe}, too: give onStep to be told of the steps of one that is awaited`,
  );
}
