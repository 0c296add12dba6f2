import type { Build, Evaluation, ModelInfo, TrainingPlan, TrainStep } from "../types.js";
import type {
  EvaluateSettings,
  LoadSettings,
  ModelOptions,
  SampleSettings,
  TrainSettings,
} from "../options/types.js";

/** Names one training, sampling or evaluation. The caller chooses it, so that a job can be closed before its opening was answered. */
export type JobId = number;

/**
 * What runs a model: one WebAssembly instance and one model in it, here or in a worker.
 *
 * The caller pulls: each `…Chunk` call does a slice of work ({@link CHUNK_MILLISECONDS}) and answers, so that other
 * calls get their turn in between, and a job stops by not being pulled any more. Everything that crosses can be cloned.
 */
export interface EngineApi {
  start(module: WebAssembly.Module, build: Build): Promise<void>;
  create(options: ModelOptions, text: string): Promise<ModelInfo>;
  load(bytes: Uint8Array, options: LoadSettings): Promise<ModelInfo>;
  /** The model file, in a buffer of its own. */
  save(): Promise<Uint8Array<ArrayBuffer>>;

  /** One training at a time; a second one is `busy`. */
  openTraining(job: JobId, text: string, settings: TrainSettings): Promise<TrainingPlan>;
  /** `undefined` while a validation is under way. */
  trainChunk(job: JobId): Promise<TrainChunk | undefined>;

  openSampling(job: JobId, settings: SampleSettings): Promise<void>;
  sampleChunk(job: JobId): Promise<SampleChunk>;

  openEvaluation(job: JobId, text: string, settings: EvaluateSettings): Promise<void>;
  /** `undefined` until the whole text has been read. */
  evaluationChunk(job: JobId): Promise<Evaluation | undefined>;

  /** Ends a job and frees what it holds. A job that is not open is left alone. */
  close(job: JobId): Promise<void>;
  /** Frees the model and all jobs. */
  dispose(): Promise<void>;
}

/** What a slice of training came to. */
export interface TrainChunk {
  readonly step: TrainStep;
  /** Whether the run is over. */
  readonly isLast: boolean;
  /** Training loss averaged over more steps than the slice has. */
  readonly recentLoss: number;
}

/** A slice of writing. */
export interface SampleChunk {
  readonly text: string;
  readonly finished: boolean;
}
