import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatLoss,
  formatSteps,
} from "./format.js";
import type { TrainOutcome, TrainStart } from "./train-view.js";
import type { ModelInfo } from "../../types.js";

/** `gru, 256 units`, `lstm, 2 layers of 512 units`. */
export function describeModel({ cell, activation, resetAfter, hiddenSize, numLayers }: ModelInfo): string {
  const form = activation !== undefined ? ` (${activation})` : resetAfter === false ? " (reset before)" : "";
  const layers = numLayers === 1 ? "" : `${numLayers} layers of `;
  return `${cell}${form}, ${layers}${formatInteger(hiddenSize)} units`;
}

/** `fables, 91,234 symbols · gru, 256 units, 412.0k parameters · simd128` */
export function describeStart({ info, build, textName, symbols }: TrainStart): string {
  const text = `${textName}, ${formatInteger(symbols)} symbols`;
  return `${text} · ${describeModel(info)}, ${formatCount(info.parameters)} parameters · ${build}`;
}

/** Said once, for those who meet the word for the first time. */
export const ABOUT_LOSS = "loss: lower is better";

/** What a run came to, in two sentences. */
export function describeOutcome({ path, bytes, hasReplaced, result, isInterrupted }: TrainOutcome): string[] {
  const { steps, seconds, tokensPerSecond, loss, validationLoss } = result;
  const verb = isInterrupted ? "Stopped after" : "Trained for";
  const heldOut = validationLoss === undefined ? "" : `, ${formatLoss(validationLoss)} on the held-out text`;
  return [
    `${verb} ${formatSteps(steps)} in ${formatDuration(seconds)} (${formatCount(tokensPerSecond)} symbols/s). Loss ${formatLoss(loss)}${heldOut}.`,
    `Saved ${path} (${formatBytes(bytes)})${hasReplaced ? ", replacing the file of that name" : ""}.`,
  ];
}
