import type { AutosaveOptions, SaveModelOptions } from "../storage/options.js";
import type {
  EmbedSettings,
  EvaluateSettings,
  GradientSettings,
  InputGradientSettings,
  OverlapSettings,
  ScoreSettings,
} from "./insight-types.js";
import type { PoolOptions } from "./pool-types.js";
import type { CompletionSettings } from "./session-types.js";
import type { TokenizerOptions } from "./tokenizer-types.js";
import type {
  FillSettings,
  LiveSampleSettings,
  ModelOptions,
  PlaceOptions,
  Preset,
  RunSettings,
  SampleManySettings,
  SuggestSettings,
  TrainSettings,
} from "./types.js";

/**
 * What `TextModel.create` takes for the architecture where nothing is said. `hiddenSize` depends on the preset and the text;
 * `mlpFactor`, `tieWeights` and `projectionSize` on the rest.
 */
export const MODEL_DEFAULTS = {
  cell: "lstm",
  activation: "tanh",
  resetAfter: true,
  numLayers: 1,
  embeddingSize: 128,
  residual: false,
  layerNorm: false,
  block: false,
  expansion: 1.5,
  numHeads: 4,
  contextLength: 256,
  bidirectional: false,
  zoneout: 0,
  zoneoutCell: 0,
  trainInitialState: false,
  conditionSize: 0,
  conditionMode: "bias",
  initialization: "orthogonal",
  seed: 1,
} as const satisfies Required<
  Omit<ModelOptions, "hiddenSize" | "mlpFactor" | "tieWeights" | "projectionSize">
>;

/** What `TextModel.create` takes for the way texts are cut where nothing is said. `vocabularySize` depends on it. */
export const TOKENIZER_DEFAULTS = {
  tokenizer: "characters",
  normalization: "none",
  caseFolding: false,
} as const satisfies Required<Omit<TokenizerOptions, "vocabularySize">>;

/** The preset of both calls where nothing is said. */
export const PRESET_DEFAULT = "quick" satisfies Preset;

/** Where the work runs where nothing is said. */
export const PLACE_DEFAULTS = { worker: true, build: "auto" } as const satisfies Required<PlaceOptions>;

/**
 * What `model.train` takes where nothing is said. Budget, `batchSize`, `learningRate`, `dropout` and `weightDrop` depend on the preset,
 * the text and the model; `warmupSteps` and `evaluateEvery` on the budget, `momentum` on the optimiser, and `workers` on the machine.
 */
export const TRAIN_DEFAULTS = {
  seqLength: 64,
  schedule: "cosine",
  decayFactor: 0.5,
  decayEvery: 5,
  patience: 2,
  optimizer: "muon",
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clipNorm: 1,
  clipValue: 0,
  averageDecay: 0,
  validation: 0.1,
  keepBest: true,
  earlyStopping: 0,
  seed: 1,
} as const satisfies Required<
  Omit<
    TrainSettings,
    | "epochs"
    | "steps"
    | "seconds"
    | "batchSize"
    | "learningRate"
    | "dropout"
    | "weightDrop"
    | "warmupSteps"
    | "evaluateEvery"
    | "momentum"
    | "workers"
  >
>;

/** What `model.train` and `model.resume` take for how a run goes where nothing is said. */
export const RUN_DEFAULTS = { dutyCycle: 1 } as const satisfies Required<Omit<RunSettings, "samples">>;

/** What `autosave` of a run takes where nothing is said. */
export const AUTOSAVE_DEFAULTS = { everySeconds: 30 } as const satisfies Required<
  Omit<AutosaveOptions, "name" | "file">
>;

/** What `saveModel` takes where nothing is said. */
export const SAVE_DEFAULTS = { checkpoint: false } as const satisfies Required<SaveModelOptions>;

/** What the samples of a run take where nothing is said; the rest is as in {@link SAMPLE_DEFAULTS}. The seed is the step. */
export const LIVE_SAMPLE_DEFAULTS = { everySeconds: 5, length: 200 } as const satisfies Required<
  Pick<LiveSampleSettings, "everySeconds" | "length">
>;

/**
 * What `model.sample` and `model.sampleMany` take where nothing is said. The seed is random; there is no bias, no pattern, no stop string
 * and nothing to differ from.
 */
export const SAMPLE_DEFAULTS = {
  prompt: "",
  length: 500,
  minLength: 0,
  temperature: 0.7,
  topK: 0,
  typicalP: 1,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repeatLastN: 64,
  noRepeatNgram: 0,
  banned: "",
  unknown: "bytes",
  quantize: "none",
  beamWidth: 1,
  lengthPenalty: 1,
  unique: false,
} as const satisfies Required<
  Omit<
    SampleManySettings,
    "seed" | "condition" | "logitBias" | "allowedPattern" | "stop" | "count" | "notInCorpus"
  >
>;

/** What `session.suggest` takes where nothing is said. */
export const COMPLETION_DEFAULTS = { n: 5, unit: "word" } as const satisfies Required<CompletionSettings>;

/** What `createPool` takes where nothing is said. `workers` depends on the machine. */
export const POOL_DEFAULTS = { maxQueue: 1000, maxSessions: 1000 } as const satisfies Required<
  Omit<PoolOptions, "model" | "workers" | "build" | "signal">
>;

/** What `model.fill` takes where nothing is said. The seed is random. */
export const FILL_DEFAULTS = {
  blank: "_",
  temperature: 0,
  sweeps: 20,
  unknown: "bytes",
} as const satisfies Required<Omit<FillSettings, "text" | "seed" | "condition">>;

/** What `model.evaluate` takes where nothing is said. */
export const EVALUATE_DEFAULTS = {
  streams: 1,
  quantize: "none",
} as const satisfies Required<Omit<EvaluateSettings, "window">>;

/** What `model.score` takes where nothing is said. */
export const SCORE_DEFAULTS = {
  alternatives: 0,
  quantize: "none",
} as const satisfies Required<Omit<ScoreSettings, "condition">>;

/** What `model.embed` takes where nothing is said. */
export const EMBED_DEFAULTS = { pooling: "mean" } as const satisfies Required<
  Omit<EmbedSettings, "condition">
>;

/** What `model.inputGradient` takes where nothing is said. */
export const INPUT_GRADIENT_DEFAULTS = { of: "last" } as const satisfies Required<
  Omit<InputGradientSettings, "condition">
>;

/** What `overlap` takes where nothing is said. */
export const OVERLAP_DEFAULTS = { minLength: 20 } as const satisfies Required<OverlapSettings>;

/** What `suggest` takes where nothing is said. */
export const SUGGEST_DEFAULTS = { seconds: 60 } as const satisfies Required<SuggestSettings>;

/** What `model.gradientFlow` takes where nothing is said. */
export const GRADIENT_DEFAULTS = {
  batchSize: 32,
  seqLength: 64,
} as const satisfies Required<GradientSettings>;
