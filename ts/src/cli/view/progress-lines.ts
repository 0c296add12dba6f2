import type { TrainStep } from "../../types.js";

const SECONDS_BETWEEN_LINES = 1;

/**
 * Thins the steps out for output by lines: one a second at most, and besides every one with a validation or a rollback, and the last one. The loss of a
 * line is the mean over all steps since the line before.
 */
export class ProgressLines {
  #lastShownAt = -Infinity;
  #lastStep = 0;
  #lossSum = 0;
  #lossSteps = 0;

  /** The step to show now, or `undefined`. */
  next(step: TrainStep): TrainStep | undefined {
    const steps = step.step - this.#lastStep;
    this.#lastStep = step.step;
    this.#lossSum += step.loss * steps;
    this.#lossSteps += steps;

    const isTime = step.elapsedSeconds - this.#lastShownAt >= SECONDS_BETWEEN_LINES;
    const isNews = step.validationLoss !== undefined || step.rollback !== undefined;
    if (!isTime && !isNews && step.fractionDone < 1) return undefined;
    const loss = this.#lossSum / this.#lossSteps;
    this.#lastShownAt = step.elapsedSeconds;
    this.#lossSum = 0;
    this.#lossSteps = 0;
    return { ...step, loss };
  }
}
