import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatLoss,
  formatSteps,
} from "./format.js";
import { withFlagNames } from "../flags.js";
import { backCommand } from "../next-commands.js";
import type { TrainOutcome, TrainStart } from "./train-view.js";
import type { Diagnosis } from "../../diagnosis/diagnose.js";
import { RECENT_STEPS } from "../../engine/mean.js";
import type { ModelInfo, Rollback } from "../../types.js";

/** `gru, 256 units`, `lstm, 2 layers of 512 units`, `lstm, layers of 512 and 256 units`, `min-gru in blocks, …`, `…, 512 symbols of bpe`. */
export function describeModel(info: ModelInfo): string {
  const { cell, activation, resetAfter, layerNorm, block, bidirectional, conditionSize = 0 } = info;
  const forms = [
    ...(activation === undefined ? [] : [` (${activation})`]),
    ...(resetAfter === false ? [" (reset before)"] : []),
    ...(layerNorm === true ? [" with layer norm"] : []),
    ...(block === true ? [" in blocks"] : []),
    ...(bidirectional === true ? [", from both ends"] : []),
  ].join("");
  const condition = conditionSize > 0 ? `, conditions of ${formatInteger(conditionSize)} numbers` : "";
  const symbols = isOfCharacters(info)
    ? ""
    : `, ${formatInteger(info.vocabularySize)} symbols of ${info.tokenizer}`;
  return `${cell}${forms}, ${describeLayers(info)}${condition}${symbols}`;
}

const isOfCharacters = ({ tokenizer }: ModelInfo): boolean => tokenizer === "characters";

function describeLayers({ hiddenSize, numLayers }: ModelInfo): string {
  if (typeof hiddenSize === "number") {
    const layers = numLayers === 1 ? "" : `${numLayers} layers of `;
    return `${layers}${formatInteger(hiddenSize)} units`;
  }
  return `layers of ${new Intl.ListFormat("en").format(hiddenSize.map(formatInteger))} units`;
}

/** `fables, 91,234 symbols · gru, 256 units, 412.0k parameters · simd128 · 2 workers · about 32.1 MB of memory` */
export function describeStart({ info, build, textName, symbols, workers, memoryBytes }: TrainStart): string {
  const unit = isOfCharacters(info) ? "symbol" : "character";
  const text = `${textName}, ${formatInteger(symbols)} ${unit}${symbols === 1 ? "" : "s"}`;
  const together = workers === undefined || workers === 1 ? "" : ` · ${workers} workers`;
  const memory = memoryBytes === undefined ? "" : ` · about ${formatBytes(memoryBytes)} of memory`;
  return `${text} · ${describeModel(info)}, ${formatCount(info.parameters)} parameters · ${build}${together}${memory}`;
}

/** Said once, for those who meet the word for the first time. */
export const ABOUT_LOSS = "loss: lower is better";

/** `step 120 undone, loss not finite; learning rate × 0.5` */
export function describeRollback({ reason, step, learningRateFactor }: Rollback): string {
  return `step ${formatInteger(step)} undone, ${reason} not finite; learning rate × ${learningRateFactor}`;
}

/** What a run came to, where it is, what is to be said of it, and where it can be gone on with. */
export function describeOutcome(outcome: TrainOutcome): string[] {
  const { path, bytes, hasReplaced, previous, resumeCommand } = outcome;
  const verdict = describeDiagnosis(outcome.result.diagnosis, outcome.isInterrupted);
  const what = resumeCommand === undefined ? "" : ", a checkpoint";
  return [
    describeResult(outcome),
    `Saved ${path} (${formatBytes(bytes)}${what})${hasReplaced ? ", replacing the file of that name" : ""}.`,
    ...(verdict === undefined ? [] : [verdict]),
    ...(previous === undefined ? [] : [describePrevious(previous, path)]),
    ...(resumeCommand === undefined ? [] : [`Go on with: ${resumeCommand}`]),
  ];
}

/** Where the model went whose place a checkpoint has taken, and how to have it back. */
export function describePrevious(previous: string, path: string): string {
  return `The model that was there is kept as ${previous}. Back to it with: ${backCommand(previous, path)}`;
}

/** The verdict. Of a run that was cut short before anything could be seen there is nothing to say. */
export function describeDiagnosis(diagnosis: Diagnosis | undefined, isCutShort: boolean): string | undefined {
  if (diagnosis === undefined || (isCutShort && diagnosis.kind === "too-early-to-tell")) return undefined;
  return `${diagnosis.message} ${withFlagNames(diagnosis.advice)}`;
}

function describeResult({ result, isInterrupted }: TrainOutcome): string {
  const {
    steps,
    seconds,
    tokensPerSecond,
    loss,
    validationLoss,
    bestStep,
    stoppedEarly,
    rollbacks,
    resumedAt,
  } = result;
  const verb = isInterrupted ? "Stopped after" : "Trained for";
  const since = resumedAt === undefined ? "" : `, ${formatInteger(steps - resumedAt)} of them now,`;
  const early = stoppedEarly === true ? ", early because the held-out loss fell no more" : "";
  const best =
    bestStep === undefined
      ? ""
      : `with the weights of step ${formatInteger(bestStep)}, the best, which came back`;
  const losses = [
    ...(Number.isNaN(loss)
      ? []
      : [`Loss ${formatLoss(loss)} over the last ${formatSteps(Math.min(steps, RECENT_STEPS))}`]),
    ...(validationLoss === undefined
      ? []
      : [`${formatLoss(validationLoss)} on the held-out text${best === "" ? "" : `, ${best}`}`]),
  ].join(", ");
  return [
    `${verb} ${formatSteps(steps)}${since} in ${formatDuration(seconds)}${early} (${formatCount(tokensPerSecond)} symbols/s).`,
    ...(losses === "" ? [] : [`${losses}.`]),
    ...(rollbacks === 0 ? [] : [`Undone on the way: ${formatSteps(rollbacks)}.`]),
  ].join(" ");
}
