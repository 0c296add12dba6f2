import { MODEL_DEFAULTS } from "./defaults.js";
import type { OptionSpec, OptionTable } from "./spec.js";
import type { ModelOptions } from "./types.js";

/** The words for what an rnn's output goes through. */
export const ACTIVATIONS = ["tanh", "relu"] as const;

/** A seed: whole numbers that JavaScript holds exactly. */
export const seed = { kind: "integer", maximum: Number.MAX_SAFE_INTEGER } as const;

// Ranges that several options share, as Rust has them.
const size = { kind: "integer", minimum: 1, maximum: 8192 } as const;

const architecture = {
  cell: {
    kind: "choice",
    choices: ["rnn", "gru", "lstm", "min-gru", "min-lstm", "transformer"],
    default: MODEL_DEFAULTS.cell,
    help: "what the layers are made of",
    group: "model",
  },
  hiddenSize: {
    ...size,
    kind: "integers",
    defaultHelp: "by the preset and the text",
    help: "units per layer; 512,256 gives each layer its own",
    group: "model",
  },
  numLayers: {
    kind: "integer",
    minimum: 1,
    maximum: 16,
    defaultHelp: "1, or as many as hidden sizes",
    help: "layers on top of each other",
    group: "model",
  },
  embeddingSize: {
    ...size,
    defaultHelp: "128; the hidden size in blocks",
    help: "numbers that stand for one symbol",
    group: "model",
  },
  seed: { ...seed, default: MODEL_DEFAULTS.seed, help: "seed of all that is random", group: "model" },
} as const satisfies Record<string, OptionSpec>;

const cellForms = {
  activation: {
    kind: "choice",
    choices: ACTIVATIONS,
    default: MODEL_DEFAULTS.activation,
    help: "activation, of an rnn cell",
    group: "form",
  },
  resetAfter: {
    kind: "boolean",
    default: MODEL_DEFAULTS.resetAfter,
    help: "reset gate after the matrix product, of a gru cell",
    offHelp: "reset gate before the matrix product, of a gru cell",
    group: "form",
  },
  layerNorm: {
    kind: "boolean",
    default: MODEL_DEFAULTS.layerNorm,
    help: "layer normalisation within an rnn, gru or lstm cell",
    group: "form",
  },
  trainInitialState: {
    kind: "boolean",
    default: MODEL_DEFAULTS.trainInitialState,
    help: "learn the state that a text begins with",
    group: "form",
  },
  initialization: {
    kind: "choice",
    choices: ["orthogonal", "uniform"],
    default: MODEL_DEFAULTS.initialization,
    help: "initial recurrent weights; uniform is PyTorch's",
    group: "form",
  },
} as const satisfies Record<string, OptionSpec>;

const stackForms = {
  residual: {
    kind: "boolean",
    default: MODEL_DEFAULTS.residual,
    help: "from layer 2 on, add a layer's input to its output",
    group: "form",
  },
  bidirectional: {
    kind: "boolean",
    default: MODEL_DEFAULTS.bidirectional,
    help: "read from both ends; such a model scores and fills in blanks, but cannot write",
    group: "form",
  },
  block: {
    kind: "boolean",
    default: MODEL_DEFAULTS.block,
    help: "each cell in a block: normalisation, convolution, cell, MLP",
    group: "form",
  },
  expansion: {
    kind: "number",
    default: MODEL_DEFAULTS.expansion,
    help: "units of a block's cell, in hidden sizes",
    group: "form",
  },
  mlpFactor: {
    kind: "number",
    defaultHelp: "2 of a block, 4 of a transformer",
    help: "units of the MLP, in hidden sizes",
    group: "form",
  },
  numHeads: {
    kind: "integer",
    minimum: 1,
    default: MODEL_DEFAULTS.numHeads,
    help: "attention heads, of a transformer",
    group: "form",
  },
  contextLength: {
    kind: "integer",
    minimum: 1,
    default: MODEL_DEFAULTS.contextLength,
    help: "symbols that a transformer looks back",
    group: "form",
  },
} as const satisfies Record<string, OptionSpec>;

const outputForms = {
  tieWeights: {
    kind: "boolean",
    defaultHelp: "on from 500 symbols",
    help: "the output's weights are the embedding's",
    offHelp: "the output has weights of its own",
    group: "form",
  },
  projectionSize: {
    ...size,
    defaultHelp: "none",
    help: "numbers between the last layer and the output",
    group: "form",
  },
} as const satisfies Record<string, OptionSpec>;

const regularisation = {
  zoneout: {
    kind: "number",
    default: MODEL_DEFAULTS.zoneout,
    help: "share of units that keep their state, step by step",
    group: "regularisation",
  },
  zoneoutCell: {
    kind: "number",
    default: MODEL_DEFAULTS.zoneoutCell,
    help: "the same of an lstm's cell state",
    group: "regularisation",
  },
} as const satisfies Record<string, OptionSpec>;

// A vector per document is nothing for a command line.
const condition = {
  conditionSize: {
    kind: "integer",
    maximum: 8192,
    default: MODEL_DEFAULTS.conditionSize,
    help: "length of the vector that a text depends on",
    flag: false,
  },
  conditionMode: {
    kind: "choice",
    choices: ["initial-state", "bias", "film"],
    default: MODEL_DEFAULTS.conditionMode,
    help: "how the text depends on it",
    flag: false,
  },
} as const satisfies Record<string, OptionSpec>;

/** The options that say what a new model is. */
export const MODEL_TABLE = {
  ...architecture,
  ...cellForms,
  ...stackForms,
  ...outputForms,
  ...regularisation,
  ...condition,
} as const satisfies OptionTable<ModelOptions>;
