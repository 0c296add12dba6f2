import { TRAIN_DEFAULTS } from "./defaults.js";
import { seed } from "./model-table.js";
import type { OptionSpec, OptionTable } from "./spec.js";
import type { TrainSettings } from "./types.js";

/** A number of streams, or of symbols in a window, as Rust allows them. */
export const windowSize = { kind: "integer", minimum: 1, maximum: 65_536 } as const;

const length = {
  epochs: {
    kind: "number",
    defaultHelp: "by the preset and the text",
    help: "passes over the text",
    group: "length",
  },
  steps: { kind: "integer", minimum: 1, help: "optimiser steps, instead of epochs", group: "length" },
  seconds: { kind: "number", help: "time to train, instead of epochs", group: "length" },
} as const satisfies Record<string, OptionSpec>;

const learning = {
  learningRate: {
    kind: "number",
    defaultHelp: "by the model",
    help: "peak learning rate",
    group: "learning",
  },
  batchSize: {
    ...windowSize,
    defaultHelp: "by the text",
    help: "streams, or documents, trained side by side",
    group: "learning",
  },
  seqLength: {
    ...windowSize,
    default: TRAIN_DEFAULTS.seqLength,
    defaultHelp: "64; of a transformer its context",
    help: "symbols per stream and step",
    group: "learning",
  },
} as const satisfies Record<string, OptionSpec>;

const rate = {
  schedule: {
    kind: "choice",
    choices: ["cosine", "constant", "one-cycle", "plateau", "step"],
    default: TRAIN_DEFAULTS.schedule,
    help: "course of the learning rate; cosine falls to a tenth",
    group: "rate",
  },
  warmupSteps: {
    kind: "integer",
    defaultHelp: "100, at most a tenth of the steps",
    help: "steps in which the rate rises from zero",
    group: "rate",
  },
  decayFactor: {
    kind: "number",
    default: TRAIN_DEFAULTS.decayFactor,
    help: "what plateau and step multiply the rate by",
    group: "rate",
  },
  decayEvery: {
    kind: "number",
    default: TRAIN_DEFAULTS.decayEvery,
    help: "epochs after which step does so",
    group: "rate",
  },
  patience: {
    kind: "integer",
    minimum: 1,
    default: TRAIN_DEFAULTS.patience,
    help: "validations without progress before plateau does so",
    group: "rate",
  },
} as const satisfies Record<string, OptionSpec>;

const optimizer = {
  optimizer: {
    kind: "choice",
    choices: ["adamw", "adam", "rmsprop", "sgd", "muon"],
    default: TRAIN_DEFAULTS.optimizer,
    help: "how a gradient becomes a step",
    group: "optimizer",
  },
  momentum: {
    kind: "number",
    defaultHelp: "0.95 of muon, 0.9 of sgd, 0 of rmsprop",
    help: "memory of the steps before, of muon, sgd and rmsprop",
    group: "optimizer",
  },
  beta1: {
    kind: "number",
    default: TRAIN_DEFAULTS.beta1,
    help: "Adam's memory of the gradient",
    group: "optimizer",
  },
  beta2: {
    kind: "number",
    default: TRAIN_DEFAULTS.beta2,
    help: "Adam's and rmsprop's memory of the squared gradient",
    group: "optimizer",
  },
  epsilon: {
    kind: "number",
    default: TRAIN_DEFAULTS.epsilon,
    help: "their guard against division by zero",
    group: "optimizer",
  },
  clipNorm: {
    kind: "number",
    default: TRAIN_DEFAULTS.clipNorm,
    help: "largest norm of the gradient; 0 is off",
    group: "optimizer",
  },
  clipValue: {
    kind: "number",
    default: TRAIN_DEFAULTS.clipValue,
    help: "largest element of the gradient; 0 is off",
    group: "optimizer",
  },
} as const satisfies Record<string, OptionSpec>;

const regularisation = {
  dropout: {
    kind: "number",
    defaultHelp: "by the passes and the text",
    help: "share of every layer's output that is dropped",
    group: "regularisation",
  },
  weightDrop: {
    kind: "number",
    defaultHelp: "that of dropout",
    help: "share of the recurrent weights that is dropped",
    group: "regularisation",
  },
  weightDecay: {
    kind: "number",
    defaultHelp: "0.01 of adamw and muon",
    help: "pull of the weights towards zero",
    group: "regularisation",
  },
} as const satisfies Record<string, OptionSpec>;

const validation = {
  validation: {
    kind: "number",
    default: TRAIN_DEFAULTS.validation,
    defaultHelp: "0.1; less of a long text",
    help: "share held out: a text's end, or documents by lot; 0 for none",
    group: "validation",
  },
  evaluateEvery: {
    kind: "integer",
    minimum: 1,
    defaultHelp: "ten in a run",
    help: "steps between validations",
    group: "validation",
  },
  keepBest: {
    kind: "boolean",
    default: TRAIN_DEFAULTS.keepBest,
    help: "end with the weights of the best validation, not the last",
    offHelp: "end with the last weights, not with those of the best validation",
    group: "validation",
  },
  earlyStopping: {
    kind: "integer",
    default: TRAIN_DEFAULTS.earlyStopping,
    help: "validations without progress that end the run; 0 is off",
    group: "validation",
  },
  averageDecay: {
    kind: "number",
    default: TRAIN_DEFAULTS.averageDecay,
    help: "memory of a moving average of the weights, to be kept; 0 is off",
    group: "validation",
  },
} as const satisfies Record<string, OptionSpec>;

const parallel = {
  workers: {
    kind: "integer",
    minimum: 1,
    maximum: 64,
    defaultHelp: "by the machine and the work",
    help: "workers that share every step; the same number gives the same bits",
    group: "learning",
  },
} as const satisfies Record<string, OptionSpec>;

/** The options that say how to train. */
export const TRAIN_TABLE = {
  ...length,
  ...learning,
  ...parallel,
  ...validation,
  ...regularisation,
  ...rate,
  ...optimizer,
  seed: { ...seed, default: TRAIN_DEFAULTS.seed, help: "seed of the order and of what is dropped" },
} as const satisfies OptionTable<TrainSettings>;
