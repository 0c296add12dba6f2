import type { RunHistory } from "./history.js";
import { Signs } from "./signs.js";
import { FAR_ABOVE, FLAT, LEAST_TEXT, STILL_FALLING } from "./thresholds.js";

/** The verdicts there are. */
export type DiagnosisKind =
  /** Too few steps, or validations, for the course of the loss to show. */
  | "too-early-to-tell"
  /** The loss still falls: more passes would help. */
  | "learning"
  /** The loss falls no more. */
  | "converged"
  /** The held-out loss rises while the training loss falls. */
  | "overfitting"
  /** Steps are undone, gradients explode, or the loss rises or jumps. */
  | "rate-too-high"
  /** The loss falls, but far more slowly than it could. */
  | "rate-too-low"
  /** The text is too short for any model. */
  | "too-little-text"
  /** The text is too short for a model of this size. */
  | "model-too-large"
  /** The loss is flat and high, with and without what the model has seen. */
  | "model-too-small"
  /** The run has ended well, and more of it would bring little. */
  | "done";

/** Where a run is: what it can be advised depends on it. */
type Stage = "running" | "stopped" | "over";

/** What a run looks like, in plain words. */
export interface Diagnosis {
  readonly kind: DiagnosisKind;
  /** What can be seen: a sentence. */
  readonly message: string;
  /** What to do about it, with the names of the options: a sentence or two. */
  readonly advice: string;
}

const AGAINST_HEART =
  'The training loss still falls, so it learns by heart what it learns: drop more ("dropout", "weightDrop"), or give it more text.';

/** Of a run that was stopped. */
const GO_ON = "Go on from where it was stopped";

/**
 * What the course of a run says about it, by rules with thresholds (thresholds.ts): no more than a practised eye would see in the curves, and
 * of short runs as little.
 *
 * @param hasEnded - whether it goes on no more: it is over, or was stopped
 */
export function diagnose(history: RunHistory, hasEnded = history.fractionDone === 1): Diagnosis {
  const signs = new Signs(history);
  const isOver = history.fractionDone === 1;
  const stage = isOver ? "over" : hasEnded ? "stopped" : "running";
  // Few steps can be seen to go wrong, if not to go right.
  const { excess } = signs;
  const isPlain = !signs.isTooEarly || history.rollbacks > 0 || history.hasDiverged === true;
  if (excess !== undefined && isPlain) return rateTooHigh(history, excess);
  if (history.trainTokens < LEAST_TEXT) return tooLittleText(history);
  if (signs.isTooEarly) return tooEarly(stage);
  if (signs.isTooLarge) return modelTooLarge(history, signs);
  const { turn } = signs;
  if (turn !== undefined) return overfitting(turn, signs);
  if (signs.isSlow) return rateTooLow(history, signs);
  const isAtRest = signs.fall < (isOver ? STILL_FALLING : FLAT);
  if (!isAtRest) return learning(stage, signs);
  if (signs.isTooSmall) return modelTooSmall(history, signs);
  return signs.fall < FLAT ? converged(stage, signs) : done(signs);
}

function tooEarly(stage: Stage): Diagnosis {
  const advice: Record<Stage, string> = {
    running: "Wait for the third validation.",
    stopped: `${GO_ON} for more to be seen.`,
    over: 'Train for longer (more "epochs", "steps" or "seconds"), or validate more often ("evaluateEvery").',
  };
  return {
    kind: "too-early-to-tell",
    message: `There is too little to see ${stage === "running" ? "yet" : "in so short a run"}.`,
    advice: advice[stage],
  };
}

function tooLittleText({ trainTokens }: RunHistory): Diagnosis {
  return {
    kind: "too-little-text",
    message: `The text to learn from is too small: ${trainTokens} ${trainTokens === 1 ? "symbol is" : "symbols are"} learnt by heart in a moment, and teach nothing else.`,
    advice: "Give it more text: some thousand symbols at least, and better some hundred thousand.",
  };
}

function rateTooHigh({ learningRate, usualRate = Infinity }: RunHistory, excess: string): Diagnosis {
  const better = Math.min(usualRate, learningRate / 3);
  return {
    kind: "rate-too-high",
    message: `The steps are too large: ${excess}.`,
    advice: `Lower "learningRate", to ${rounded(better)} for instance, or have more "warmupSteps", or a "clipNorm" of 0.25.`,
  };
}

function rateTooLow({ learningRate, usualRate }: RunHistory, { hasHardlyFallen, loss }: Signs): Diagnosis {
  const better = usualRate !== undefined && usualRate > learningRate ? usualRate : learningRate * 3;
  return {
    kind: "rate-too-low",
    message: hasHardlyFallen
      ? `The loss is still about that of guessing, ${loss.toFixed(2)}: the steps are small.`
      : "The loss falls steadily, but slowly: the steps are small.",
    advice: `Raise "learningRate", to ${rounded(better)} for instance.`,
  };
}

function modelTooLarge({ parameters, trainTokens }: RunHistory, { gap }: Signs): Diagnosis {
  const weights = Math.round(parameters / trainTokens);
  return {
    kind: "model-too-large",
    message: `The model has ${weights} weights for each symbol of the text, and learns it by heart: the held-out loss is ${above(gap)} the training loss, and the gap grows.`,
    advice: 'Lower "hiddenSize", give it more text, or drop more ("dropout", "weightDrop").',
  };
}

function overfitting(turn: { readonly step: number; readonly loss: number }, { loss }: Signs): Diagnosis {
  return {
    kind: "overfitting",
    message: `The held-out loss has risen since step ${turn.step}, from ${turn.loss.toFixed(2)} to ${loss.toFixed(2)}, while the training loss fell: the model learns by heart.`,
    advice:
      'Drop more ("dropout", "weightDrop"), lower "hiddenSize", give it more text, or stop sooner ("earlyStopping"); "keepBest" brings the best weights back meanwhile.',
  };
}

function modelTooSmall({ tokens, parameters }: RunHistory, { loss }: Signs): Diagnosis {
  return {
    kind: "model-too-small",
    message: `The loss is flat at ${loss.toFixed(2)}, on the training text as on the held-out one, after ${Math.round(tokens / parameters)} symbols for each weight: the model has learnt what it can hold.`,
    advice: 'Raise "hiddenSize", or have one more of "numLayers".',
  };
}

function converged(stage: Stage, signs: Signs): Diagnosis {
  const stop = stage === "running" ? "Stop here" : "Leave it at that";
  if (signs.isNextToNothing) {
    return {
      kind: "converged",
      message: `The loss is next to nothing: it is ${signs.loss.toFixed(2)}.`,
      advice: `${stop}: nothing is left to learn from this text. Another one, that repeats itself less, has more.`,
    };
  }
  return {
    kind: "converged",
    message: `The loss falls no more: it is ${signs.loss.toFixed(2)}.`,
    advice: signs.isByHeart
      ? `${stop}. ${AGAINST_HEART}`
      : `${stop} ("earlyStopping" does so by itself), or begin again with a larger "hiddenSize" or more text.`,
  };
}

function done(signs: Signs): Diagnosis {
  const { fall, isByHeart } = signs;
  return {
    kind: "done",
    message: `The loss has nearly come to rest: in the second half of the run it fell by ${percent(fall)}.`,
    advice: `Use the model: as many steps again would bring no more than that. ${isByHeart ? AGAINST_HEART : 'A larger "hiddenSize" or more text perhaps would.'}`,
  };
}

function learning(stage: Stage, { fall }: Signs): Diagnosis {
  const advice: Record<Stage, string> = {
    running: "Go on.",
    stopped: `${GO_ON}: more passes would help.`,
    over: 'More passes would help: more "epochs", "steps" or "seconds".',
  };
  const isRunning = stage === "running";
  return {
    kind: "learning",
    message: `The loss ${isRunning ? "is" : "was still"} falling: by ${percent(fall)} in the second half ${isRunning ? "so far" : "of the run"}.`,
    advice: advice[stage],
  };
}

/** `34 % above`; of what is beyond all measure, as a loss near zero makes it, no more than that. */
function above(share: number): string {
  return share > FAR_ABOVE ? "many times" : `${percent(share)} above`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A rate that people would write. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(1));
}
