import { diagnose, type Diagnosis } from "../diagnosis/diagnose.js";
import { RunRecorder, type RunFacts } from "../diagnosis/history.js";
import { MynahError } from "../errors.js";
import type { AutosaveReport, TrainingPlan, TrainResult, TrainStep } from "../types.js";

/** What is remembered of a run, to judge it by, and to tell with its result. */
export class RunRecord {
  #recorder: RunRecorder | undefined;
  #hasEnded = false;
  /** What the last save came to. */
  #autosave: AutosaveReport | undefined;

  begin(facts: RunFacts, { validationTokens }: TrainingPlan): void {
    this.#recorder = new RunRecorder(facts, validationTokens > 0);
  }

  add(step: TrainStep): void {
    this.#recorder?.add(step);
    this.#autosave = step.autosave ?? this.#autosave;
  }

  /** To be called when the run goes on no more, at its end or before. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Takes in what has ended the run. */
  fail(error: unknown): void {
    if (error instanceof MynahError && error.code === "non-finite-loss") this.#recorder?.diverge();
  }

  /** What the steps told so far say; `undefined` before the first one. */
  get diagnosis(): Diagnosis | undefined {
    const history = this.#recorder?.history;
    return history === undefined
      ? undefined
      : diagnose(history, this.#hasEnded || history.fractionDone === 1);
  }

  /** What a result has of it. */
  get finding(): Pick<TrainResult, "diagnosis" | "autosave"> {
    const { diagnosis } = this;
    const autosave = this.#autosave;
    return {
      ...(diagnosis === undefined ? {} : { diagnosis }),
      ...(autosave === undefined ? {} : { autosave }),
    };
  }
}
