import { ABOUT_LOSS, describeOutcome, describeRollback, describeStart } from "./describe-run.js";
import { formatCount, formatDuration, formatInteger, formatLoss, formatPercent } from "./format.js";
import { ProgressLines } from "./progress-lines.js";
import { tidy } from "./text-layout.js";
import type { TrainOutcome, TrainStart, TrainView } from "./train-view.js";
import { writeNote, writeOut } from "../output.js";
import type { TrainStep } from "../../types.js";

/** Plain lines for people without a terminal: a log, a pipe, a build server. */
export class PlainTrainView implements TrainView {
  readonly #lines = new ProgressLines();

  begin(start: TrainStart): void {
    writeNote(`Training on ${describeStart(start)} (${ABOUT_LOSS})`);
  }

  step(step: TrainStep): void {
    if (step.rollback !== undefined) writeNote(describeRollback(step.rollback));
    const shown = this.#lines.next(step);
    if (shown !== undefined) writeNote(progressLine(shown));
    if (step.sample !== undefined) writeNote(sampleLines(step.sample));
  }

  autosaved(): void {}

  note(sentence: string): void {
    writeNote(sentence);
  }

  stopping(): void {
    writeNote("Stopping; the model is being saved. Once more to leave at once.");
  }

  end(): void {}

  saved(outcome: TrainOutcome): void {
    writeOut(`${describeOutcome(outcome).join("\n")}\n`);
  }
}

/** What the model writes by now, set off from the lines about it. */
function sampleLines(sample: string): string {
  return tidy(sample)
    .split("\n")
    .map((line) => `  │ ${line}`.trimEnd())
    .join("\n");
}

function progressLine(step: TrainStep): string {
  const total = step.totalSteps === undefined ? "" : `/${formatInteger(step.totalSteps)}`;
  return [
    `step ${formatInteger(step.step)}${total} (${formatPercent(step.fractionDone)})`,
    `loss ${formatLoss(step.loss)}`,
    ...(step.validationLoss === undefined
      ? []
      : [`held out ${formatLoss(step.validationLoss)}${step.isBest === true ? " (best)" : ""}`]),
    `${formatCount(step.tokensPerSecond)} symbols/s`,
    ...(step.fractionDone < 1 ? [`${formatDuration(step.remainingSeconds)} left`] : []),
  ].join("   ");
}
