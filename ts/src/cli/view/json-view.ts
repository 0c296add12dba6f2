import { ProgressLines } from "./progress-lines.js";
import type { TrainOutcome, TrainView } from "./train-view.js";
import { writeJsonLine, writeNote } from "../output.js";
import type { TrainStep } from "../../types.js";

/** One JSON object a line, on stdout, for programs. */
export class JsonTrainView implements TrainView {
  readonly #lines = new ProgressLines();

  begin(): void {}

  step(step: TrainStep): void {
    const shown = this.#lines.next(step);
    if (shown === undefined) return;
    const { epoch, loss, validationLoss, isBest, rollback, tokensPerSecond, learningRate } = shown;
    // JSON leaves out what is undefined.
    writeJsonLine({
      type: "progress",
      step: shown.step,
      epoch,
      ...lossOf(loss),
      validationLoss,
      isBest,
      rollback,
      tokensPerSecond,
      learningRate,
    });
  }

  note(sentence: string): void {
    writeNote(sentence);
  }

  wantsSample(): boolean {
    return false;
  }

  sample(): void {}

  stopping(): void {}

  end(): void {}

  saved({ path, result, isInterrupted }: TrainOutcome): void {
    const { loss, validationLoss, bestStep, stoppedEarly, rollbacks, steps, seconds } = result;
    writeJsonLine({
      type: "done",
      path,
      ...lossOf(loss),
      validationLoss,
      steps,
      seconds,
      bestStep,
      stoppedEarly,
      rollbacks: rollbacks === 0 ? undefined : rollbacks,
      interrupted: isInterrupted ? true : undefined,
    });
  }
}

/** No `loss` where no step has come to one: all were undone, or a resumed run had but a validation left to do. */
function lossOf(loss: number): { loss?: number } {
  return Number.isNaN(loss) ? {} : { loss };
}
