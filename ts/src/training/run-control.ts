import { abortable } from "../abort.js";
import type { EngineApi, JobId } from "../engine/engine-api.js";
import { checkValue } from "../options/check.js";
import { RUN_DEFAULTS } from "../options/defaults.js";
import { OPTION_TABLE } from "../options/table.js";

/** What the holder of a run wishes, and how its engine learns of it. Nothing here rejects because the engine is gone: then nothing works. */
export class RunControl {
  readonly engine: EngineApi;
  readonly job: JobId;
  #dutyCycle: number;
  #isPaused = false;
  #hasLeft = false;
  #opening: Promise<unknown> = Promise.resolve();

  /** @param dutyCycle - of the options, which nobody has checked yet */
  constructor(engine: EngineApi, job: JobId, dutyCycle: number = RUN_DEFAULTS.dutyCycle) {
    this.engine = engine;
    this.job = job;
    this.#dutyCycle = dutyCycle;
  }

  /** Whether there is a pause, or will be as soon as the work under way has ended. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What the run was begun with, or what was set since. */
  get dutyCycle(): number {
    return this.#dutyCycle;
  }

  /** @throws MynahError `invalid-option`. */
  set dutyCycle(share: number) {
    checkValue("dutyCycle", share, OPTION_TABLE.train.dutyCycle);
    this.#dutyCycle = share;
    void this.engine.setDutyCycle(this.job, share).catch(() => undefined);
  }

  /** Opens the job, with what has been wished until then and while it opens. */
  async open<Result>(open: (dutyCycle: number) => Promise<Result>): Promise<Result> {
    const begun = this.#dutyCycle;
    const opened = open(begun);
    this.#opening = opened.catch(() => undefined);
    const result = await opened;
    if (this.#dutyCycle !== begun) this.dutyCycle = this.#dutyCycle;
    if (this.#isPaused) await this.#rest();
    return result;
  }

  /** Resolves when nothing is worked any more. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#opening;
    // It may have been resumed meanwhile.
    if (this.#isPaused) await this.#rest();
  }

  resume(): void {
    this.#isPaused = false;
    void this.engine.continueTraining(this.job).catch(() => undefined);
  }

  /** Ends the waiting of {@link maySpeak} for the end of a pause. */
  leave(): void {
    this.#hasLeft = true;
    void this.engine.continueTraining(this.job).catch(() => undefined);
  }

  /** Waits while there is a pause. Returns whether somebody is still there to be told of a step. */
  async maySpeak(signal: AbortSignal | undefined): Promise<boolean> {
    while (this.#isPaused && !this.#hasLeft) {
      // In the engine, so that its end ends this, too.
      await abortable(signal, () => this.engine.trainingContinued(this.job));
    }
    return !this.#hasLeft;
  }

  async #rest(): Promise<void> {
    await this.engine.pauseTraining(this.job).catch(() => undefined);
  }
}
