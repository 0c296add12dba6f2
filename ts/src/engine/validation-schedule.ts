const VALIDATIONS_IN_A_RUN = 10;

/** Says after which steps the held-out text is read. */
export class ValidationSchedule {
  readonly #everySteps: number | undefined;
  #nextFraction = 1 / VALIDATIONS_IN_A_RUN;

  /**
   * By steps where `evaluateEvery` or the run's length in steps is known; else by time, which only a budget in seconds does.
   *
   * @param totalSteps - steps in the run, `null` when it is measured in seconds
   * @param evaluateEvery - steps between validations, `undefined` for ten in the run
   */
  constructor(totalSteps: number | null, evaluateEvery: number | undefined) {
    this.#everySteps =
      evaluateEvery ?? (totalSteps === null ? undefined : Math.ceil(totalSteps / VALIDATIONS_IN_A_RUN));
  }

  /** To be asked once after each step. `fractionDone`: share of the run, from 0 to 1. */
  isDue(step: number, fractionDone: number): boolean {
    if (this.#everySteps !== undefined) return step % this.#everySteps === 0;
    if (fractionDone < this.#nextFraction) return false;
    this.#nextFraction = (Math.floor(fractionDone * VALIDATIONS_IN_A_RUN) + 1) / VALIDATIONS_IN_A_RUN;
    return true;
  }
}
