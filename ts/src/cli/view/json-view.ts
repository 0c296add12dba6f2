import { ProgressLines } from "./progress-lines.js";
import type { TrainOutcome, TrainView } from "./train-view.js";
import { writeJsonLine } from "../output.js";
import type { TrainStep } from "../../types.js";

/** One JSON object a line, on stdout, for programs. */
export class JsonTrainView implements TrainView {
  readonly #lines = new ProgressLines();

  begin(): void {}

  step(step: TrainStep): void {
    const shown = this.#lines.next(step);
    if (shown === undefined) return;
    const { epoch, loss, validationLoss, tokensPerSecond, learningRate } = shown;
    // JSON leaves out what is undefined.
    writeJsonLine({
      type: "progress",
      step: shown.step,
      epoch,
      loss,
      validationLoss,
      tokensPerSecond,
      learningRate,
    });
  }

  wantsSample(): boolean {
    return false;
  }

  sample(): void {}

  stopping(): void {}

  end(): void {}

  saved({ path, result, isInterrupted }: TrainOutcome): void {
    const { loss, validationLoss, steps, seconds } = result;
    writeJsonLine({
      type: "done",
      path,
      loss,
      validationLoss,
      steps,
      seconds,
      interrupted: isInterrupted ? true : undefined,
    });
  }
}
