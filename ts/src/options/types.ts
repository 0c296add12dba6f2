import type { TextSource } from "../corpora/text-source.js";
import type { Build } from "../types.js";

/** Stops the call: it rejects with the signal's `reason`, and the model stays as of the last finished step. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

/** Where the work runs, and with which WebAssembly build. */
export interface PlaceOptions {
  /**
   * `true` (default) runs in a worker of its own; `false` in this thread, in slices of about 50 ms. Two things cannot be cut into
   * slices: one training step, which a large model makes long, and the reading of the text before the first one.
   *
   * Models made with `worker: false` share one WebAssembly instance: should it ever crash, all of them are lost,
   * and all of them use the build that the first one chose.
   */
  worker?: boolean | undefined;
  /**
   * `"auto"` (default) takes `"relaxed"` where the engine has relaxed SIMD, else `"simd128"`.
   * `"simd128"` gives the same bits on every machine and engine.
   */
  build?: "auto" | Build | undefined;
}

/** The architecture of a new model. */
export interface ModelOptions {
  /** Default `"gru"`. */
  cell?: "rnn" | "gru" | "lstm" | undefined;
  /** Only for `cell: "rnn"`. Default `"tanh"`. */
  activation?: "tanh" | "relu" | undefined;
  /** Only for `cell: "gru"`: whether the reset gate acts after the matrix product, as in PyTorch and Keras. Default `true`. */
  resetAfter?: boolean | undefined;
  /** Units per layer. Default 256. */
  hiddenSize?: number | undefined;
  /** Recurrent layers on top of each other. Default 1. */
  numLayers?: number | undefined;
  /** Numbers that stand for one symbol. Default 128. */
  embeddingSize?: number | undefined;
  /** Of the initial weights: the same seed gives the same model. A whole number from 0. Default 1. */
  seed?: number | undefined;
}

/** Options of `TextModel.create`. The vocabulary is taken from the text. */
export type CreateOptions = TextSource & ModelOptions & PlaceOptions & Abortable;

/** What a file that another program wrote does not tell. Files of mynah's own tell it. */
export interface LoadSettings {
  /** The vocabulary in the order of its numbers. Half of a surrogate pair is read as U+FFFD. */
  symbols?: string | undefined;
  /** Of an rnn, which for `"relu"` has the same tensors as for `"tanh"` (default). */
  activation?: "tanh" | "relu" | undefined;
}

/** Options of `TextModel.load`. */
export type LoadOptions = LoadSettings & PlaceOptions & Abortable;

/** How to train. */
export interface TrainSettings {
  /** Streams trained side by side; fewer when the text is short. Default 32. */
  batchSize?: number | undefined;
  /** Symbols per stream and step, the length of the gradient's way back. Default 64. */
  seqLength?: number | undefined;
  /** Passes over the text. Default 5. At most one of `epochs`, `steps` and `seconds`. */
  epochs?: number | undefined;
  /** Optimiser steps. At most one of `epochs`, `steps` and `seconds`. */
  steps?: number | undefined;
  /** Wall-clock time, without the last validation. At most one of `epochs`, `steps` and `seconds`. */
  seconds?: number | undefined;
  /** Peak learning rate of Adam. Default 0.003. */
  learningRate?: number | undefined;
  /** `"cosine"` (default) falls to a tenth of the rate at the end; `"constant"` stays. */
  schedule?: "cosine" | "constant" | undefined;
  /** Steps in which the rate rises from zero. Default 100, but at most a tenth of the steps. */
  warmupSteps?: number | undefined;
  /** Largest global norm of the gradient; 0 switches clipping off. Default 1. */
  clipNorm?: number | undefined;
  /** Adam's memory of the gradient. Default 0.9. */
  beta1?: number | undefined;
  /** Adam's memory of the squared gradient. Default 0.99. */
  beta2?: number | undefined;
  /** Adam's guard against division by zero. Default 1e-8. */
  epsilon?: number | undefined;
  /** Share of the text, at its end, that is held out and never trained on; 0 for none. Default 0.1. */
  validation?: number | undefined;
  /** Steps between validations. Default: ten in a run; fewer where they would take over a tenth of a budget in `seconds`. */
  evaluateEvery?: number | undefined;
}

/** Options of `model.train` and `model.trainToEnd`. */
export type TrainOptions = TextSource & TrainSettings & Abortable;

/** How to write. */
export interface SampleSettings {
  /** What the text goes on from; it is not part of the result. Half of a surrogate pair is read as U+FFFD. Default `""`. */
  prompt?: string | undefined;
  /** Symbols to write. Default 500. */
  length?: number | undefined;
  /** From 0 (always the most likely symbol) over 1 (as the model believes) upwards (bolder). Default 0.7. */
  temperature?: number | undefined;
  /** The same seed gives the same text. A whole number from 0. Default: random. */
  seed?: number | undefined;
  /**
   * What to do with symbols in the prompt that the model does not know: `"error"` (default) refuses the prompt with
   * the code `unknown-symbol`, `"replace"` reads them as the unknown symbol.
   */
  unknown?: "error" | "replace" | undefined;
}

/** Options of `model.sample` and `model.sampleText`. */
export type SampleOptions = SampleSettings & Abortable;

/** How to evaluate. */
export interface EvaluateSettings {
  /**
   * Parts of the text read side by side. 1 (default) is one exact pass; more are faster, and all but exact: each part starts
   * with the memory of a few symbols before it instead of the whole text before it.
   */
  streams?: number | undefined;
}

/** Options of `model.evaluate`. */
export type EvaluateOptions = TextSource & EvaluateSettings & Abortable;
