import type { LiveSampleSettings } from "../../options/types.js";
import type { AutosaveReport, ModelInfo, TrainResult, TrainStep } from "../../types.js";

/** How a training run is shown while it goes on. */
export interface TrainView {
  /** The samples that it shows where nobody asks for others. */
  readonly samples?: LiveSampleSettings;
  /** The model is made; the first step comes next. */
  begin(start: TrainStart): void;
  /** Called for every step given out. */
  step(step: TrainStep): void;
  /** A checkpoint was saved on the way, or could not be, of which a {@link note} tells people. */
  autosaved(report: CheckpointReport): void;
  /** Something that went wrong on the side; the run goes on. */
  note(sentence: string): void;
  /** Training goes no further, and the model is being saved. */
  stopping(): void;
  /** The run is over, or has failed; the view leaves the screen to others. */
  end(): void;
  /** The model is in its file. */
  saved(outcome: TrainOutcome): void;
}

/** What came of a checkpoint on the way. */
export interface CheckpointReport extends AutosaveReport {
  /** The step after which it was made. */
  readonly step: number;
  readonly path: string;
}

/** What is trained on what. */
export interface TrainStart {
  readonly info: ModelInfo;
  readonly build: string;
  /** What the text is called: its file's name, or the corpus's. */
  readonly textName: string;
  /** Symbols in the text. */
  readonly symbols: number;
  /** How many share each step, where that is known. */
  readonly workers?: number;
  /** What the training takes, where that is known. */
  readonly memoryBytes?: number;
}

/** How a run ended. */
export interface TrainOutcome {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Whether a file of that name was there before. */
  readonly hasReplaced: boolean;
  /** Of a checkpoint: where the finished model is now whose place it has taken. */
  readonly previous?: string | undefined;
  readonly result: Omit<TrainResult, "plan">;
  readonly isInterrupted: boolean;
  /** Of a run that can be gone on with: the command for it. */
  readonly resumeCommand?: string;
}
