import { diagnose, type Diagnosis } from "../diagnosis/diagnose.js";
import { RunRecorder, type RunFacts } from "../diagnosis/history.js";
import type { TrainingPlan, TrainStep } from "../types.js";

/** What is remembered of a run, to judge it by. */
export class RunRecord {
  #recorder: RunRecorder | undefined;

  begin(facts: RunFacts, { validationTokens }: TrainingPlan): void {
    this.#recorder = new RunRecorder(facts, validationTokens > 0);
  }

  add(step: TrainStep): void {
    this.#recorder?.add(step);
  }

  /** What the steps told so far say; `undefined` before the first one. */
  get diagnosis(): Diagnosis | undefined {
    const history = this.#recorder?.history;
    return history === undefined ? undefined : diagnose(history);
  }

  /** The same, as a part of a result. */
  get finding(): { readonly diagnosis?: Diagnosis } {
    const { diagnosis } = this;
    return diagnosis === undefined ? {} : { diagnosis };
  }
}
