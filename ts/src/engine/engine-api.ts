import type { ResolvedSource } from "../corpora/text-source.js";
import type {
  Activations,
  Build,
  Completion,
  Encoding,
  Evaluation,
  GradientFlow,
  InputGradient,
  ModelInfo,
  Overlap,
  TrainingPlan,
  TrainResult,
  TrainStep,
} from "../types.js";
import type { Ports } from "../parallel/links.js";
import type {
  ConditionSettings,
  EmbedSettings,
  EvaluateSettings,
  GradientSettings,
  InputGradientSettings,
  ScoreSettings,
} from "../options/insight-types.js";
import type { CompletionSettings, SessionSampleSettings, SessionSettings } from "../options/session-types.js";
import type {
  FillSettings,
  LoadSettings,
  ModelOptions,
  SampleManySettings,
  RunSettings,
  SampleSettings,
  TrainSettings,
} from "../options/types.js";
import type { TokenizerSettings } from "../tokenizer/settings.js";

/** Names one training, sampling, filling, evaluation or session. The caller chooses it, so that a job can be closed before its opening was answered. */
export type JobId = number;

/**
 * What runs a model: one WebAssembly instance and one model in it, here or in a worker.
 *
 * The caller pulls: each `…Chunk` call does a slice of work ({@link CHUNK_MILLISECONDS}) and answers, so that other
 * calls get their turn in between, and a job stops by not being pulled any more. Everything that crosses can be cloned.
 */
export interface EngineApi {
  start(module: WebAssembly.Module, build: Build): Promise<void>;
  /** Without a tokenizer of characters as they are. */
  create(options: ModelOptions, source: ResolvedSource, tokenizer?: TokenizerSettings): Promise<ModelInfo>;
  /** `bytes` become the engine's own. Of a model whose alphabet grows by that of `growth` no training can be gone on with. */
  load(bytes: Uint8Array<ArrayBuffer>, options: FileSettings, growth?: ResolvedSource): Promise<ModelInfo>;
  /** The model file, in a buffer of its own. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /** The model file with what {@link resumeTraining} needs, in a buffer of its own. */
  saveCheckpoint(): Promise<Uint8Array<ArrayBuffer>>;

  /** One training at a time; a second one is `busy`. */
  openTraining(
    job: JobId,
    source: ResolvedSource,
    settings: TrainSettings,
    run?: RunSettings,
  ): Promise<TrainingPlan>;
  /** Goes on with the training that was left last, or with that of the checkpoint that was loaded. */
  resumeTraining(job: JobId, source: ResolvedSource, run?: RunSettings): Promise<TrainingPlan>;
  /** Links a training of several workers, which was opened before, with the others: before its first chunk. */
  leadTraining(job: JobId, ports: Ports): Promise<void>;
  /** Ends whatever the training waits for: one of its workers is gone. The model stays as of the last step. */
  failTraining(job: JobId, reason: string): Promise<void>;
  /**
   * Makes this engine a worker of a training that another one leads, with the model, or without settings the checkpoint, that
   * was loaded. It answers when it is ready, and takes part from then on.
   */
  followTraining(
    worker: number,
    ports: Ports,
    source: ResolvedSource,
    settings: TrainSettings | undefined,
  ): Promise<void>;
  /** `undefined` while a validation is under way, and of a training that is paused. */
  trainChunk(job: JobId): Promise<TrainChunk | undefined>;
  /** Answers when nothing of the training is under way any more; until {@link continueTraining} nothing begins. Of none that is not open, at once. */
  pauseTraining(job: JobId): Promise<void>;
  continueTraining(job: JobId): Promise<void>;
  /** Answers when the training is not paused any more. */
  trainingContinued(job: JobId): Promise<void>;
  /** Works such a share of the time from now on. */
  setDutyCycle(job: JobId, share: number): Promise<void>;
  /** What the last training has come to, open or not, with every finished step; `undefined` when it has finished none. */
  lastTraining(): Promise<TrainResult | undefined>;

  /** Without a count, one text that is handed out as it is written. With one, no text that stands in `corpus`. */
  openSampling(job: JobId, settings: WritingSettings, corpus?: ResolvedSource): Promise<void>;
  sampleChunk(job: JobId): Promise<SampleChunk>;

  /** A text that is read and written piece by piece; open until it is closed. */
  openSession(session: JobId, settings: BeginningSettings): Promise<void>;
  /** Opens the copy of a session. */
  forkSession(session: JobId, fork: JobId): Promise<void>;
  /** Opens the mean of two sessions, `weight` of the other one. */
  blendSessions(session: JobId, other: JobId, weight: number, blend: JobId): Promise<void>;
  /** What {@link openSession} takes as `state`, in a buffer of its own. */
  saveSession(session: JobId): Promise<Uint8Array<ArrayBuffer>>;
  /** What is likely to come next in a session, which stays where it is. Done in one go: the job is there for those who wait for an engine. */
  suggestNext(job: JobId, session: JobId, settings: CompletionSettings): Promise<Completion[]>;
  openFeeding(job: JobId, session: JobId, text: string, unknown: "bytes" | "error"): Promise<void>;
  /** Whether all is read. */
  feedChunk(job: JobId): Promise<boolean>;
  /**
   * Pulled by {@link sampleChunk}. With a prompt, even an empty one, it is a text of its own, which only begins with the session: the job holds no
   * more than that does, where {@link openSampling} takes memory for all weights.
   */
  openSessionSampling(job: JobId, session: JobId, settings: ContinuationSettings): Promise<void>;
  /** Takes back what a feeding, or a writing after so many chunks, did to its session: nobody got it. */
  undo(job: JobId, chunks: number): Promise<void>;

  openFilling(job: JobId, settings: FillSettings): Promise<void>;
  /** `undefined` until all is filled. */
  fillChunk(job: JobId): Promise<string | undefined>;

  openEvaluation(job: JobId, source: ResolvedSource, settings: EvaluateSettings): Promise<void>;
  /** `undefined` until the whole text has been read. */
  evaluationChunk(job: JobId): Promise<Evaluation | undefined>;

  /** Of one text, or of a model of documents one document. */
  openScoring(job: JobId, text: string, settings: ScoreSettings): Promise<void>;
  scoreChunk(job: JobId): Promise<ScoreChunk>;

  openEmbedding(job: JobId, text: string, settings: EmbedSettings): Promise<void>;
  /** `undefined` until the whole text has been read. */
  embedChunk(job: JobId): Promise<Float32Array | undefined>;

  openActivations(job: JobId, text: string, settings: ConditionSettings): Promise<void>;
  /** `undefined` until the whole text has been read. */
  activationsChunk(job: JobId): Promise<Activations | undefined>;
  inputGradient(text: string, settings: InputGradientSettings): Promise<InputGradient>;

  /** Needs no model. */
  openOverlap(job: JobId, text: string, source: ResolvedSource, minLength: number): Promise<void>;
  /** `undefined` until all is found. */
  overlapChunk(job: JobId): Promise<Overlap | undefined>;

  encode(text: string): Promise<Encoding>;
  /** What each of these tokens, which are below the vocabulary's size, adds to the text. */
  decodeEach(tokens: Uint32Array): Promise<readonly string[]>;
  /** The tokenizer as the model file has it, JSON. */
  tokenizer(): Promise<string>;

  gradientFlow(source: ResolvedSource, settings: GradientSettings): Promise<GradientFlow>;
  /** Numbers that the training of such a model adjusts. Needs no model. */
  parameterCount(options: ModelOptions, vocabularySize: number): Promise<number>;
  /** How large a source is in the symbols of a tokenizer. Needs no model. */
  sizeInSymbols(source: ResolvedSource, tokenizer: TokenizerSettings): Promise<SourceSize>;
  /** In bytes. Needs no model. */
  memoryEstimate(options: ModelOptions, settings: TrainSettings, size: SourceSize): Promise<number>;

  /**
   * Ends a job and frees what it holds; of a training that is not over, what a checkpoint needs stays until the next one. A job that is
   * not open is left alone.
   */
  close(job: JobId): Promise<void>;
  /** Frees the model and all jobs. */
  dispose(): Promise<void>;
}

/** The part of an engine that reads and writes texts: what sessions need, and what several engines together are, too. */
export type SessionEngine = Pick<
  EngineApi,
  | ("openSession" | "forkSession" | "blendSessions" | "saveSession" | "suggestNext")
  | ("openFeeding" | "feedChunk" | "openSessionSampling" | "openSampling" | "sampleChunk")
  | ("undo" | "close")
>;

/** What a file does not tell, without what is resolved before it crosses. */
export type FileSettings = Omit<LoadSettings, "growAlphabet">;

/** How to write one text or many, without what is resolved before it crosses. */
export type WritingSettings = SampleSettings & Partial<Omit<SampleManySettings, "notInCorpus">>;

/** What a session begins with, and whether what that is read with is rounded. */
export type BeginningSettings = SessionSettings & Pick<SampleSettings, "quantize">;

/** How to write on in a session, or after a prompt of its own. */
export type ContinuationSettings = SessionSampleSettings & Pick<SampleSettings, "prompt" | "unknown">;

/** What a slice of training came to. */
export interface TrainChunk {
  readonly step: TrainStep;
  /** When the run is over: what it came to. */
  readonly result?: TrainResult;
}

/** A slice of writing. */
export interface SampleChunk {
  /** The next piece of one text; of several the next whole ones, in order. */
  readonly texts: readonly string[];
  readonly finished: boolean;
}

/** A slice of a score: of each symbol that is foreseen. */
export interface ScoreChunk {
  readonly logProbabilities: Float32Array;
  readonly ranks: Uint32Array;
  readonly entropies: Float32Array;
  /** Tokens, so many for each symbol. */
  readonly alternatives: Uint32Array;
  readonly alternativeProbabilities: Float32Array;
  readonly alternativesEach: number;
  /** When all is read: what it comes to. */
  readonly result?: Evaluation;
}

/** How large a text is, or a list of documents. */
export interface SourceSize {
  readonly vocabularySize: number;
  /** Of documents with one for the end of each. */
  readonly symbols: number;
  readonly documents?: ListSize;
}

/** What of documents counts besides the symbols of all. */
export interface ListSize {
  /** Those that are not empty. */
  readonly count: number;
  /** Symbols of the longest, with its end. */
  readonly longest: number;
}
