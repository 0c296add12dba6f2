import type { Checkpoints } from "./checkpoints.js";
import { Interruption } from "./interrupt.js";
import type { TrainOutcome, TrainView } from "./view/train-view.js";
import { toMynahError } from "../errors.js";
import type { TextModel, TrainingRun, TrainResult } from "../index.js";

/** A run that ended as it should, or was stopped. */
export interface EndedRun extends Pick<TrainOutcome, "result" | "isInterrupted"> {
  readonly failure?: undefined;
}

/** A run that an error ended, after some finished steps. */
export interface FailedRun {
  readonly failure: Error;
  readonly diagnosis: TrainResult["diagnosis"] | undefined;
  readonly steps: number;
}

/** What a run is made of. */
export interface Run {
  /** From `train` or `resume` of the model. */
  readonly steps: Pick<TrainingRun, "next">;
  readonly checkpoints: Pick<Checkpoints, "tick">;
  /** Called before the view is told of the first step. */
  readonly onFirstStep?: (() => void) | undefined;
}

/**
 * Trains to the end, up to the interruption, or until something fails.
 *
 * @throws what ends it before the first finished step: an Interruption or an error.
 */
export async function runTraining(
  model: Pick<TextModel, "lastTraining">,
  { steps, checkpoints, onFirstStep }: Run,
  view: TrainView,
): Promise<EndedRun | FailedRun> {
  let isFirst = true;
  try {
    for (;;) {
      const next = await steps.next();
      if (isFirst) onFirstStep?.();
      isFirst = false;
      if (next.done === true) return { result: next.value, isInterrupted: false };
      view.step(next.value);
      await checkpoints.tick(next.value.step);
    }
  } catch (error) {
    // Not what was told last: a slice of work that was under way has ended meanwhile, and the model has learnt from it, too.
    const result = await model.lastTraining().catch(() => undefined);
    if (result === undefined) throw error;
    if (!(error instanceof Interruption)) {
      const { steps: done, diagnosis } = result;
      return { failure: error instanceof Error ? error : toMynahError(error), steps: done, diagnosis };
    }
    view.stopping();
    return { result, isInterrupted: true };
  }
}
