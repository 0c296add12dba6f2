import {
  AUTOSAVE_DEFAULTS,
  EMBED_DEFAULTS,
  EVALUATE_DEFAULTS,
  FILL_DEFAULTS,
  GRADIENT_DEFAULTS,
  INPUT_GRADIENT_DEFAULTS,
  LIVE_SAMPLE_DEFAULTS,
  OVERLAP_DEFAULTS,
  PLACE_DEFAULTS,
  PRESET_DEFAULT,
  RUN_DEFAULTS,
  SAMPLE_DEFAULTS,
  SAVE_DEFAULTS,
  SCORE_DEFAULTS,
  SUGGEST_DEFAULTS,
} from "./defaults.js";
import type { OneHotOptions, PadOptions } from "../keras/sequences.js";
import { POOL_TABLE } from "./pool-table.js";
import { COMPLETION_TABLE } from "./session-table.js";
import { FOLDING_TABLE, TOKENIZER_TABLE } from "./tokenizer-table.js";
import { MANY_TABLE, SAMPLE_TABLE } from "./sample-table.js";
import { ACTIVATIONS, MODEL_TABLE, seed } from "./model-table.js";
import { PRESETS } from "./presets.js";
import { ONE_HOT_TABLE, PAD_TABLE } from "./sequence-table.js";
import { corpora } from "../corpora/names.js";
import { pickFrom, type OptionSpec, type OptionTable } from "./spec.js";
import { TRAIN_TABLE, windowSize } from "./train-table.js";
import type { FoldingOptions } from "./tokenizer-types.js";
import type { AutosaveOptions, SaveModelOptions } from "../storage/options.js";
import type {
  ActivationsOptions,
  EmbedOptions,
  EvaluateOptions,
  GradientOptions,
  InputGradientOptions,
  OverlapOptions,
  ScoreOptions,
} from "./insight-types.js";
import type { PoolOptions } from "./pool-types.js";
import type {
  CompletionOptions,
  FeedOptions,
  SessionOptions,
  SessionSampleOptions,
} from "./session-types.js";
import type {
  CreateOptions,
  FillOptions,
  LiveSampleSettings,
  LoadOptions,
  MemoryOptions,
  ResumeOptions,
  SampleManyOptions,
  SampleOptions,
  SuggestOptions,
  TrainOptions,
} from "./types.js";

const BUILDS = ["auto", "simd128", "relaxed"] as const;

const source = {
  text: { kind: "text", help: "the text", flag: false },
  corpus: { kind: "string", choices: corpora, help: "a text that comes with mynah" },
  // On the command line it says how the file is read.
  documents: { kind: "documents", help: "texts that have nothing to do with each other", flag: false },
} as const satisfies Record<string, OptionSpec>;

// Of calls that answer symbol by symbol.
const wholeText = { kind: "string", help: "the text", flag: false } as const satisfies OptionSpec;

const preset = {
  preset: {
    kind: "choice",
    choices: PRESETS,
    default: PRESET_DEFAULT,
    help: "how much time the model is worth: about a minute, ten, most of an hour",
    group: "length",
  },
} as const satisfies Record<string, OptionSpec>;

const conditions = {
  conditions: { kind: "numbers", help: "a vector for each document", flag: false },
} as const satisfies Record<string, OptionSpec>;

const place = {
  worker: { kind: "boolean", default: PLACE_DEFAULTS.worker, help: "run in a worker", flag: false },
  build: {
    kind: "choice",
    choices: BUILDS,
    default: PLACE_DEFAULTS.build,
    help: "WebAssembly build; simd128 gives the same bits on every machine, relaxed is faster",
  },
} as const satisfies Record<string, OptionSpec>;

// Of all calls that draw symbols.
const drawing = {
  temperature: {
    kind: "number",
    help: "0 always takes the likeliest symbol, 1 follows the model, more is bolder",
  },
  seed: { ...seed, defaultHelp: "random", help: "same seed, same text" },
  condition: { kind: "numbers", help: "the vector that the text depends on", flag: false },
} as const satisfies Record<string, OptionSpec>;

const unknown = { kind: "choice", choices: ["bytes", "error"] } as const;

const QUANTIZE = ["none", "int8"] as const;

const run = {
  dutyCycle: {
    kind: "number",
    minimum: 0.05,
    maximum: 1,
    default: RUN_DEFAULTS.dutyCycle,
    help: "share of the time that is worked; the rest is left to others",
    group: "learning",
  },
  samples: { kind: "options", help: "what the model writes during the run, and how often", flag: false },
  // On the command line a number of seconds: the file is that of --out.
  autosave: { kind: "options", help: "where, and how often, the run is saved", flag: false },
  onStep: { kind: "function", help: "called for every step told", flag: false },
} as const satisfies Record<string, OptionSpec>;

const signal = { kind: "signal", help: "stops the call", flag: false } as const satisfies OptionSpec;

const writing = {
  prompt: { kind: "string", default: SAMPLE_DEFAULTS.prompt, help: "what the text goes on from" },
  length: { kind: "integer", default: SAMPLE_DEFAULTS.length, help: "symbols to write, at most" },
  ...drawing,
  temperature: { ...drawing.temperature, default: SAMPLE_DEFAULTS.temperature },
  ...SAMPLE_TABLE,
  unknown: {
    ...unknown,
    default: SAMPLE_DEFAULTS.unknown,
    help: "symbols of the prompt that the model has none for: read their bytes, or refuse them",
  },
  quantize: {
    kind: "choice",
    choices: QUANTIZE,
    default: SAMPLE_DEFAULTS.quantize,
    help: "with weights in 8 bits a large model writes faster, and a little differently",
  },
} as const satisfies Record<string, OptionSpec>;

// What a session has is not said again.
const { prompt: _prompt, unknown: _unknown, condition: _condition, ...writingOn } = writing;

/**
 * Every option of every call. From it come the check for unknown names and wrong types, the flags of the command
 * line and their `--help`. The compiler sees to it that no public option is missing here.
 */
export const OPTION_TABLE = {
  create: { ...source, ...preset, ...MODEL_TABLE, ...TOKENIZER_TABLE, ...place, signal },
  load: {
    symbols: { kind: "string", help: "vocabulary, for a file that another program wrote" },
    activation: {
      kind: "choice",
      choices: ACTIVATIONS,
      defaultHelp: "tanh",
      help: "activation of an rnn, for a file that another program wrote",
    },
    growAlphabet: { kind: "source", help: "text whose symbols the model gets besides its own", flag: false },
    ...place,
    signal,
  },
  train: { ...source, ...conditions, ...preset, ...TRAIN_TABLE, ...run, signal },
  resume: { ...source, ...conditions, ...run, signal },
  autosave: {
    name: { kind: "string", help: "under which a browser keeps it", flag: false },
    file: { kind: "string", help: "path of a file, in Node", flag: false },
    everySeconds: {
      kind: "number",
      default: AUTOSAVE_DEFAULTS.everySeconds,
      help: "seconds between two saves",
      flag: false,
    },
  },
  saveModel: {
    checkpoint: {
      kind: "boolean",
      default: SAVE_DEFAULTS.checkpoint,
      help: "save what resume needs, too",
      flag: false,
    },
  },
  samples: {
    ...writing,
    length: { ...writing.length, default: LIVE_SAMPLE_DEFAULTS.length },
    seed: { ...writing.seed, defaultHelp: "the step" },
    everySteps: { kind: "integer", minimum: 1, help: "steps between two samples" },
    everySeconds: {
      kind: "number",
      default: LIVE_SAMPLE_DEFAULTS.everySeconds,
      help: "seconds between two samples, instead of steps",
    },
  },
  sample: { ...writing, signal },
  sampleMany: {
    ...writing,
    count: {
      kind: "integer",
      minimum: 1,
      maximum: 100_000,
      help: "texts to write: several at once are faster",
    },
    ...MANY_TABLE,
    signal,
  },
  session: {
    state: { kind: "bytes", help: "a session that was saved", flag: false },
    condition: drawing.condition,
    signal,
  },
  feed: {
    unknown: {
      ...unknown,
      default: SAMPLE_DEFAULTS.unknown,
      help: "symbols of the text that the model has none for: read their bytes, or refuse them",
    },
    signal,
  },
  sessionSample: { ...writingOn, signal },
  sessionSuggest: { ...COMPLETION_TABLE, signal },
  pool: { ...POOL_TABLE, build: place.build, signal },
  fill: {
    text: { kind: "string", help: "the text with its blanks", flag: false },
    blank: { kind: "string", default: FILL_DEFAULTS.blank, help: "the symbol that stands for a blank" },
    ...drawing,
    temperature: { ...drawing.temperature, default: FILL_DEFAULTS.temperature },
    seed: { ...drawing.seed, defaultHelp: "random, but at temperature 0" },
    sweeps: {
      kind: "integer",
      maximum: 10_000,
      default: FILL_DEFAULTS.sweeps,
      help: "how often every blank is filled anew, to suit the others",
    },
    unknown: {
      ...unknown,
      default: FILL_DEFAULTS.unknown,
      help: "symbols of the text that the model has none for: read their bytes, or refuse them",
    },
    signal,
  },
  evaluate: {
    ...source,
    ...conditions,
    streams: {
      kind: "integer",
      minimum: 1,
      maximum: 1024,
      default: EVALUATE_DEFAULTS.streams,
      help: "parts read side by side; 1 is exact, more are faster",
    },
    window: {
      ...windowSize,
      defaultHelp: "the whole text",
      help: "symbols that are foreseen from a fresh start, again and again",
    },
    quantize: {
      kind: "choice",
      choices: QUANTIZE,
      default: EVALUATE_DEFAULTS.quantize,
      help: "weights in 8 bits, to see what they cost",
    },
    signal,
  },
  score: {
    text: wholeText,
    alternatives: {
      kind: "integer",
      maximum: 1000,
      default: SCORE_DEFAULTS.alternatives,
      help: "how many of the likeliest symbols are listed at every place",
    },
    condition: drawing.condition,
    quantize: {
      kind: "choice",
      choices: QUANTIZE,
      default: SCORE_DEFAULTS.quantize,
      help: "weights in 8 bits",
    },
    signal,
  },
  embed: {
    text: wholeText,
    pooling: {
      kind: "choice",
      choices: ["mean", "last"],
      default: EMBED_DEFAULTS.pooling,
      help: "the mean of all states, or the last one",
      flag: false,
    },
    condition: drawing.condition,
    signal,
  },
  activations: { text: wholeText, condition: drawing.condition, signal },
  inputGradient: {
    text: wholeText,
    of: {
      kind: "choice",
      choices: ["last", "all"],
      default: INPUT_GRADIENT_DEFAULTS.of,
      help: "whose loss: that of the last symbol, or of all",
      flag: false,
    },
    condition: drawing.condition,
    signal,
  },
  gradientFlow: {
    ...source,
    batchSize: {
      kind: "integer",
      minimum: 1,
      maximum: 4096,
      default: GRADIENT_DEFAULTS.batchSize,
      help: "windows that are averaged over",
    },
    seqLength: {
      kind: "integer",
      minimum: 2,
      maximum: 4096,
      default: GRADIENT_DEFAULTS.seqLength,
      help: "symbols that the gradient goes back",
    },
    signal,
  },
  memoryEstimate: {
    ...source,
    ...preset,
    ...MODEL_TABLE,
    ...TRAIN_TABLE,
    ...TOKENIZER_TABLE,
    vocabularySize: { kind: "integer", minimum: 1, help: "symbols that the model knows", flag: false },
    symbols: { kind: "integer", help: "length of the text", flag: false },
    ...place,
    signal,
  },
  previewFolding: FOLDING_TABLE,
  suggest: {
    seconds: { kind: "number", default: SUGGEST_DEFAULTS.seconds, help: "time that the training may take" },
    signal,
  },
  overlap: {
    minLength: {
      kind: "integer",
      minimum: 1,
      default: OVERLAP_DEFAULTS.minLength,
      help: "symbols of a run, at least",
    },
    worker: place.worker,
    signal,
  },
  padSequences: PAD_TABLE,
  oneHot: ONE_HOT_TABLE,
} as const satisfies {
  create: OptionTable<CreateOptions>;
  load: OptionTable<LoadOptions>;
  train: OptionTable<TrainOptions>;
  resume: OptionTable<ResumeOptions>;
  autosave: OptionTable<AutosaveOptions>;
  saveModel: OptionTable<SaveModelOptions>;
  samples: OptionTable<LiveSampleSettings>;
  sample: OptionTable<SampleOptions>;
  sampleMany: OptionTable<SampleManyOptions>;
  session: OptionTable<SessionOptions>;
  feed: OptionTable<FeedOptions>;
  sessionSample: OptionTable<SessionSampleOptions>;
  sessionSuggest: OptionTable<CompletionOptions>;
  pool: OptionTable<PoolOptions>;
  fill: OptionTable<FillOptions>;
  evaluate: OptionTable<EvaluateOptions>;
  score: OptionTable<ScoreOptions>;
  embed: OptionTable<EmbedOptions>;
  activations: OptionTable<ActivationsOptions>;
  inputGradient: OptionTable<InputGradientOptions>;
  gradientFlow: OptionTable<GradientOptions>;
  memoryEstimate: OptionTable<MemoryOptions>;
  previewFolding: OptionTable<FoldingOptions>;
  suggest: OptionTable<SuggestOptions>;
  overlap: OptionTable<OverlapOptions>;
  padSequences: OptionTable<PadOptions>;
  oneHot: OptionTable<OneHotOptions>;
};

/** A call that takes options. */
export type Call = keyof typeof OPTION_TABLE;

/** The options of one call, by name. */
export function optionsOf(call: Call): Readonly<Record<string, OptionSpec>> {
  return OPTION_TABLE[call];
}

/** Of an options object, what is an option of one call. */
export function pickFor(call: Call, options: object): Record<string, unknown> {
  return pickFrom(optionsOf(call), options);
}
