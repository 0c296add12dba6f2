import { Interruption } from "./interrupt.js";
import type { TrainOutcome, TrainView } from "./view/train-view.js";
import { toMynahError } from "../errors.js";
import type { TextModel, TrainOptions, TrainStep } from "../index.js";

// What the live view shows.
const GLIMPSE = { length: 400 };

/** A run that ended as it should, or was stopped. */
export interface EndedRun extends Pick<TrainOutcome, "result" | "isInterrupted"> {
  readonly failure?: undefined;
}

/** A run that an error ended, after some finished steps. */
export interface FailedRun {
  readonly failure: Error;
  readonly steps: number;
}

/**
 * Trains to the end, up to the interruption, or until something fails.
 *
 * @throws what ends it before the first finished step: an Interruption or an error.
 */
export async function runTraining(
  model: Pick<TextModel, "train" | "sampleText">,
  options: TrainOptions & { signal: AbortSignal },
  view: TrainView,
): Promise<EndedRun | FailedRun> {
  let last: TrainStep | undefined;
  let validationLoss: number | undefined;
  try {
    const steps = model.train(options);
    for (;;) {
      const next = await steps.next();
      if (next.done === true) return { result: next.value, isInterrupted: false };
      last = next.value;
      validationLoss = last.validationLoss ?? validationLoss;
      view.step(last);
      if (view.wantsSample()) view.sample(await glimpse(model, last.step, options.signal));
    }
  } catch (error) {
    if (last === undefined) throw error;
    if (!(error instanceof Interruption)) {
      return { failure: error instanceof Error ? error : toMynahError(error), steps: last.step };
    }
    view.stopping();
    return { result: resultSoFar({ ...last, validationLoss }), isInterrupted: true };
  }
}

/** What the model writes by now; nothing when it cannot, of which the next step tells more if it matters. */
async function glimpse(
  model: Pick<TextModel, "sampleText">,
  seed: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await model.sampleText({ ...GLIMPSE, seed, signal });
  } catch (error) {
    if (error instanceof Interruption) throw error;
    return "";
  }
}

/** `last`: the last step, with the last validation loss that is known. */
function resultSoFar(
  last: Omit<TrainStep, "validationLoss"> & { validationLoss: number | undefined },
): TrainOutcome["result"] {
  const { step, epoch, loss, validationLoss, tokens, tokensPerSecond, elapsedSeconds } = last;
  const validation = validationLoss === undefined ? {} : { validationLoss };
  return {
    steps: step,
    epochs: epoch,
    loss,
    ...validation,
    tokens,
    tokensPerSecond,
    seconds: elapsedSeconds,
  };
}
