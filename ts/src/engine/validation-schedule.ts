const VALIDATIONS_IN_A_RUN = 10;

// Of a budget in seconds: the first validation costs an unknown time, and a short run needs its time for learning.
const FIRST_AFTER_FRACTION = 1 / 4;
const SHARE_OF_TIME = 1 / 10;

/** How far a run is. */
export interface Progress {
  readonly step: number;
  /** Share of the run, from 0 to 1. */
  readonly fractionDone: number;
  /** Seconds since the run began, validations included. */
  readonly elapsedSeconds: number;
}

/** Says after which steps the held-out text is read. */
export class ValidationSchedule {
  readonly #everySteps: number | undefined;
  #nextFraction = FIRST_AFTER_FRACTION;
  #secondsSpent = 0;
  #secondsOfLast = 0;

  /**
   * By steps where `evaluateEvery` or the run's length in steps is known; else by time, which only a budget in seconds does: once in
   * each tenth of it, but only as often as it takes no more than a tenth of the time.
   *
   * @param totalSteps - steps in the run, `null` when it is measured in seconds
   * @param evaluateEvery - steps between validations, `undefined` for ten in the run
   * @param fractionDone - share of the run that was done before
   */
  constructor(totalSteps: number | null, evaluateEvery: number | undefined, fractionDone = 0) {
    this.#everySteps =
      evaluateEvery ?? (totalSteps === null ? undefined : Math.ceil(totalSteps / VALIDATIONS_IN_A_RUN));
    if (fractionDone > 0) this.#nextFraction = nextTenth(fractionDone);
  }

  /** To be asked once after each step. */
  isDue({ step, fractionDone, elapsedSeconds }: Progress): boolean {
    if (this.#everySteps !== undefined) return step % this.#everySteps === 0;
    if (fractionDone < this.#nextFraction) return false;
    // The next one will take about as long as the last one. One that is too dear now is put off, not left out.
    if (this.#secondsSpent + this.#secondsOfLast > elapsedSeconds * SHARE_OF_TIME) return false;
    this.#nextFraction = nextTenth(fractionDone);
    return true;
  }

  /** To be told how long each validation took. */
  addCost(seconds: number): void {
    this.#secondsSpent += seconds;
    this.#secondsOfLast = seconds;
  }
}

function nextTenth(fraction: number): number {
  return (Math.floor(fraction * VALIDATIONS_IN_A_RUN) + 1) / VALIDATIONS_IN_A_RUN;
}
