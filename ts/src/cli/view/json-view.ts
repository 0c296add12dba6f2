import { ProgressLines } from "./progress-lines.js";
import type { CheckpointReport, TrainOutcome, TrainView } from "./train-view.js";
import { withFlagNames } from "../flags.js";
import { writeJsonLine, writeNote } from "../output.js";
import type { TrainStep } from "../../types.js";

/** One JSON object a line, on stdout, for programs. */
export class JsonTrainView implements TrainView {
  readonly #lines = new ProgressLines();

  begin(): void {}

  step(step: TrainStep): void {
    const shown = this.#lines.next(step);
    if (shown === undefined) return;
    const { totalSteps, epoch, loss, bitsPerByte, accuracy, validationLoss, validationBitsPerByte } = shown;
    const { validationAccuracy, isBest, rollback, sample, tokensPerSecond, learningRate } = shown;
    const { gradientNorm, elapsedSeconds, remainingSeconds } = shown;
    // JSON leaves out what is undefined.
    writeJsonLine({
      type: "progress",
      step: shown.step,
      totalSteps,
      epoch,
      ...lossOf(loss),
      bitsPerByte: Number.isNaN(bitsPerByte) ? undefined : bitsPerByte,
      accuracy,
      validationLoss,
      validationBitsPerByte,
      validationAccuracy,
      isBest,
      rollback,
      sample,
      tokensPerSecond,
      learningRate,
      gradientNorm,
      elapsedSeconds,
      remainingSeconds,
    });
  }

  autosaved({ step, path, bytes, error }: CheckpointReport): void {
    const { code, message } = error ?? {};
    writeJsonLine({ type: "autosave", step, path, bytes, error: error && { code, message } });
  }

  note(sentence: string): void {
    writeNote(sentence);
  }

  stopping(): void {}

  end(): void {}

  saved({ path, previous, result, isInterrupted }: TrainOutcome): void {
    const { loss, validationLoss, bestStep, stoppedEarly, rollbacks, steps, resumedAt, seconds } = result;
    const { diagnosis } = result;
    writeJsonLine({
      type: "done",
      path,
      previous,
      ...lossOf(loss),
      validationLoss,
      steps,
      resumedAt,
      seconds,
      bestStep,
      stoppedEarly,
      rollbacks: rollbacks === 0 ? undefined : rollbacks,
      interrupted: isInterrupted ? true : undefined,
      diagnosis: diagnosis && { ...diagnosis, advice: withFlagNames(diagnosis.advice) },
    });
  }
}

/** No `loss` where no step has come to one: all were undone, or a resumed run had but a validation left to do. */
function lossOf(loss: number): { loss?: number } {
  return Number.isNaN(loss) ? {} : { loss };
}
