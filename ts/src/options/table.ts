import {
  EVALUATE_DEFAULTS,
  MODEL_DEFAULTS,
  PLACE_DEFAULTS,
  SAMPLE_DEFAULTS,
  TRAIN_DEFAULTS,
} from "./defaults.js";
import type { CreateOptions, EvaluateOptions, LoadOptions, SampleOptions, TrainOptions } from "./types.js";

/** One option: its JavaScript type, its default, and what `--help` says. Rust checks ranges too, those of a `number` it alone. */
export interface OptionSpec {
  readonly kind: "integer" | "number" | "boolean" | "string" | "choice" | "signal";
  /** The words allowed, of a `choice`. */
  readonly choices?: readonly string[];
  /** Lowest value of an `integer` where it is not 0. The same as in Rust, so that every message names the same range. */
  readonly minimum?: number;
  /** Highest value of an `integer` where it is not that of 32 bits. */
  readonly maximum?: number;
  readonly default?: string | number | boolean;
  /** Describes the default where it is not one value. */
  readonly defaultHelp?: string;
  /** One line for `--help`. */
  readonly help: string;
  /** `false` keeps the option off the command line. */
  readonly flag?: false;
}

type Table<Options> = { readonly [Name in keyof Options]-?: OptionSpec };

const ACTIVATIONS = ["tanh", "relu"] as const;
const BUILDS = ["auto", "simd128", "relaxed"] as const;

const textOptions = {
  text: { kind: "string", help: "the text", flag: false },
  corpus: { kind: "string", help: "a text that comes with mynah: fables, fables-zh or dinosaurs" },
} as const satisfies Record<string, OptionSpec>;

const placeOptions = {
  worker: { kind: "boolean", default: PLACE_DEFAULTS.worker, help: "run in a worker", flag: false },
  build: {
    kind: "choice",
    choices: BUILDS,
    default: PLACE_DEFAULTS.build,
    help: "WebAssembly build; simd128 gives the same bits on every machine, relaxed is faster",
  },
} as const satisfies Record<string, OptionSpec>;

// Ranges that several options share, as Rust has them.
const modelSize = { kind: "integer", minimum: 1, maximum: 8192 } as const;
const windowSize = { kind: "integer", minimum: 1, maximum: 65_536 } as const;

const seed = { kind: "integer", maximum: Number.MAX_SAFE_INTEGER } as const;

const signal = { kind: "signal", help: "stops the call", flag: false } as const satisfies OptionSpec;

/**
 * Every option of every call. From it come the check for unknown names and wrong types, the flags of the command
 * line and their `--help`. The compiler sees to it that no public option is missing here.
 */
export const OPTION_TABLE = {
  create: {
    ...textOptions,
    cell: {
      kind: "choice",
      choices: ["rnn", "gru", "lstm"],
      default: MODEL_DEFAULTS.cell,
      help: "recurrent cell",
    },
    activation: {
      kind: "choice",
      choices: ACTIVATIONS,
      default: MODEL_DEFAULTS.activation,
      help: "activation, of an rnn cell",
    },
    resetAfter: {
      kind: "boolean",
      default: MODEL_DEFAULTS.resetAfter,
      help: "reset gate after the matrix product, of a gru cell",
    },
    hiddenSize: { ...modelSize, default: MODEL_DEFAULTS.hiddenSize, help: "units per layer" },
    numLayers: {
      kind: "integer",
      minimum: 1,
      maximum: 16,
      default: MODEL_DEFAULTS.numLayers,
      help: "recurrent layers",
    },
    embeddingSize: {
      ...modelSize,
      default: MODEL_DEFAULTS.embeddingSize,
      help: "numbers that stand for one symbol",
    },
    seed: { ...seed, default: MODEL_DEFAULTS.seed, help: "seed of the initial weights" },
    ...placeOptions,
    signal,
  },
  load: {
    symbols: { kind: "string", help: "vocabulary, for a file that another program wrote" },
    activation: {
      kind: "choice",
      choices: ACTIVATIONS,
      defaultHelp: "tanh",
      help: "activation of an rnn, for a file that another program wrote",
    },
    ...placeOptions,
    signal,
  },
  train: {
    ...textOptions,
    batchSize: { ...windowSize, default: TRAIN_DEFAULTS.batchSize, help: "streams trained side by side" },
    seqLength: { ...windowSize, default: TRAIN_DEFAULTS.seqLength, help: "symbols per stream and step" },
    epochs: { kind: "number", default: TRAIN_DEFAULTS.epochs, help: "passes over the text" },
    steps: { kind: "integer", minimum: 1, help: "optimiser steps, instead of epochs" },
    seconds: { kind: "number", help: "time to train, instead of epochs" },
    learningRate: { kind: "number", default: TRAIN_DEFAULTS.learningRate, help: "peak learning rate" },
    schedule: {
      kind: "choice",
      choices: ["cosine", "constant"],
      default: TRAIN_DEFAULTS.schedule,
      help: "course of the learning rate; cosine falls to a tenth",
    },
    warmupSteps: {
      kind: "integer",
      defaultHelp: "100, at most a tenth of the steps",
      help: "steps in which the rate rises from zero",
    },
    clipNorm: {
      kind: "number",
      default: TRAIN_DEFAULTS.clipNorm,
      help: "largest norm of the gradient; 0 is off",
    },
    beta1: { kind: "number", default: TRAIN_DEFAULTS.beta1, help: "Adam's memory of the gradient" },
    beta2: { kind: "number", default: TRAIN_DEFAULTS.beta2, help: "Adam's memory of the squared gradient" },
    epsilon: {
      kind: "number",
      default: TRAIN_DEFAULTS.epsilon,
      help: "Adam's guard against division by zero",
    },
    validation: {
      kind: "number",
      default: TRAIN_DEFAULTS.validation,
      help: "share held out at the text's end; 0 for none",
    },
    evaluateEvery: {
      kind: "integer",
      minimum: 1,
      defaultHelp: "ten in a run",
      help: "steps between validations",
    },
    signal,
  },
  sample: {
    prompt: { kind: "string", default: SAMPLE_DEFAULTS.prompt, help: "what the text goes on from" },
    length: { kind: "integer", default: SAMPLE_DEFAULTS.length, help: "symbols to write" },
    temperature: {
      kind: "number",
      default: SAMPLE_DEFAULTS.temperature,
      help: "0 always takes the likeliest symbol, 1 follows the model, more is bolder",
    },
    seed: { ...seed, defaultHelp: "random", help: "same seed, same text" },
    unknown: {
      kind: "choice",
      choices: ["error", "replace"],
      default: SAMPLE_DEFAULTS.unknown,
      help: "symbols in the prompt that the model does not know",
    },
    signal,
  },
  evaluate: {
    ...textOptions,
    streams: {
      kind: "integer",
      minimum: 1,
      maximum: 1024,
      default: EVALUATE_DEFAULTS.streams,
      help: "parts read side by side; 1 is exact, more are faster",
    },
    signal,
  },
} as const satisfies {
  create: Table<CreateOptions>;
  load: Table<LoadOptions>;
  train: Table<TrainOptions>;
  sample: Table<SampleOptions>;
  evaluate: Table<EvaluateOptions>;
};

/** A call that takes options. */
export type Call = keyof typeof OPTION_TABLE;

/** The options of one call, by name. */
export function optionsOf(call: Call): Readonly<Record<string, OptionSpec>> {
  return OPTION_TABLE[call];
}
