import { formatBytes, formatCount, formatDuration, formatInteger, formatLoss } from "./format.js";
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

/** What a run came to, in two sentences. */
export function describeOutcome({ path, bytes, result, isInterrupted }: TrainOutcome): string[] {
  const { steps, seconds, tokensPerSecond, loss, validationLoss } = result;
  const verb = isInterrupted ? "Stopped after" : "Trained for";
  const heldOut = validationLoss === undefined ? "" : `, ${formatLoss(validationLoss)} on the held-out text`;
  return [
    `${verb} ${formatInteger(steps)} steps in ${formatDuration(seconds)} (${formatCount(tokensPerSecond)} symbols/s). Loss ${formatLoss(loss)}${heldOut}.`,
    `Saved ${path} (${formatBytes(bytes)}).`,
  ];
}
