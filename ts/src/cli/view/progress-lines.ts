import type { TrainStep } from "../../types.js";

const SECONDS_BETWEEN_LINES = 1;

/**
 * Thins the steps out for output by lines: one a second at most, and besides every one with a validation, a rollback or a sample, and the last
 * one. The loss, the bits per byte and the accuracy of a line are means over all steps since the line before.
 */
export class ProgressLines {
  #lastShownAt = -Infinity;
  #lastStep = 0;
  readonly #means = { loss: new Mean(), bitsPerByte: new Mean(), accuracy: new Mean() };

  /** The step to show now, or `undefined`. */
  next(step: TrainStep): TrainStep | undefined {
    const steps = step.step - this.#lastStep;
    this.#lastStep = step.step;
    const { loss, bitsPerByte, accuracy } = this.#means;
    loss.add(step.loss, steps);
    bitsPerByte.add(step.bitsPerByte, steps);
    if (step.accuracy !== undefined) accuracy.add(step.accuracy, steps);

    const isTime = step.elapsedSeconds - this.#lastShownAt >= SECONDS_BETWEEN_LINES;
    const isNews = [step.validationLoss, step.rollback, step.sample].some((news) => news !== undefined);
    if (!isTime && !isNews && step.fractionDone < 1) return undefined;
    this.#lastShownAt = step.elapsedSeconds;
    const share = accuracy.take();
    const shown = { ...step, loss: loss.take(), bitsPerByte: bitsPerByte.take() };
    return Number.isNaN(share) ? shown : { ...shown, accuracy: share };
  }
}

/** A mean by steps. */
class Mean {
  #sum = 0;
  #steps = 0;

  add(value: number, steps: number): void {
    this.#sum += value * steps;
    this.#steps += steps;
  }

  /** `NaN` of nothing; starts over. */
  take(): number {
    const mean = this.#sum / this.#steps;
    [this.#sum, this.#steps] = [0, 0];
    return mean;
  }
}
