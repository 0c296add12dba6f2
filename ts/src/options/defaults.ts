import type { EvaluateSettings, ModelOptions, PlaceOptions, SampleSettings, TrainSettings } from "./types.js";

/** What `TextModel.create` takes for the architecture where nothing is said. */
export const MODEL_DEFAULTS = {
  cell: "gru",
  activation: "tanh",
  resetAfter: true,
  hiddenSize: 256,
  numLayers: 1,
  embeddingSize: 128,
  seed: 1,
} as const satisfies Required<ModelOptions>;

/** Where the work runs where nothing is said. */
export const PLACE_DEFAULTS = { worker: true, build: "auto" } as const satisfies Required<PlaceOptions>;

/**
 * What `model.train` takes where nothing is said. The budget is `epochs` unless `steps` or `seconds` is given; `warmupSteps` and
 * `evaluateEvery` depend on it.
 */
export const TRAIN_DEFAULTS = {
  batchSize: 32,
  seqLength: 64,
  epochs: 5,
  learningRate: 0.003,
  schedule: "cosine",
  clipNorm: 1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  validation: 0.1,
} as const satisfies Required<Omit<TrainSettings, "steps" | "seconds" | "warmupSteps" | "evaluateEvery">>;

/** What `model.sample` takes where nothing is said. The seed is random. */
export const SAMPLE_DEFAULTS = {
  prompt: "",
  length: 500,
  temperature: 0.7,
  unknown: "error",
} as const satisfies Required<Omit<SampleSettings, "seed">>;

/** What `model.evaluate` takes where nothing is said. */
export const EVALUATE_DEFAULTS = { streams: 1 } as const satisfies Required<EvaluateSettings>;
