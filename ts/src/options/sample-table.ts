import { SAMPLE_DEFAULTS } from "./defaults.js";
import type { OptionSpec, OptionTable } from "./spec.js";
import type { SampleManySettings, SampleSettings } from "./types.js";

const tail = {
  topK: {
    kind: "integer",
    default: SAMPLE_DEFAULTS.topK,
    help: "so many of the likeliest symbols may follow; 0 for all",
    group: "tail",
  },
  typicalP: {
    kind: "number",
    default: SAMPLE_DEFAULTS.typicalP,
    help: "share of the probability whose most typical symbols may follow",
    group: "tail",
  },
  topP: {
    kind: "number",
    default: SAMPLE_DEFAULTS.topP,
    help: "share of the probability whose likeliest symbols may follow",
    group: "tail",
  },
  minP: {
    kind: "number",
    default: SAMPLE_DEFAULTS.minP,
    help: "how likely a symbol must be, as a share of the likeliest one",
    group: "tail",
  },
} as const satisfies Record<string, OptionSpec>;

const repeats = {
  repetitionPenalty: {
    kind: "number",
    default: SAMPLE_DEFAULTS.repetitionPenalty,
    help: "divides the logits of symbols that came; above 1 makes them rarer",
    group: "repeats",
  },
  presencePenalty: {
    kind: "number",
    default: SAMPLE_DEFAULTS.presencePenalty,
    help: "is subtracted from the logits of symbols that came",
    group: "repeats",
  },
  frequencyPenalty: {
    kind: "number",
    default: SAMPLE_DEFAULTS.frequencyPenalty,
    help: "is subtracted as often as they came",
    group: "repeats",
  },
  repeatLastN: {
    kind: "integer",
    minimum: 1,
    maximum: 65_535,
    default: SAMPLE_DEFAULTS.repeatLastN,
    help: "how many of the last symbols the penalties look at",
    group: "repeats",
  },
  noRepeatNgram: {
    kind: "integer",
    default: SAMPLE_DEFAULTS.noRepeatNgram,
    help: "no run of so many symbols comes twice; 0 is off",
    group: "repeats",
  },
} as const satisfies Record<string, OptionSpec>;

const bounds = {
  logitBias: {
    kind: "biases",
    help: 'what is added to the logits of symbols, as JSON: {"e":-2}',
    group: "bounds",
  },
  banned: {
    kind: "string",
    default: SAMPLE_DEFAULTS.banned,
    help: "symbols that are never written",
    group: "bounds",
  },
  allowedPattern: {
    kind: "string",
    help: "a regular expression that the whole text matches",
    group: "bounds",
  },
  stop: {
    kind: "texts",
    help: "the text ends before this string; may be given several times",
    group: "bounds",
  },
  minLength: {
    kind: "integer",
    default: SAMPLE_DEFAULTS.minLength,
    help: "symbols before which the text may not end",
    group: "bounds",
  },
} as const satisfies Record<string, OptionSpec>;

const search = {
  beamWidth: {
    kind: "integer",
    minimum: 1,
    maximum: 64,
    default: SAMPLE_DEFAULTS.beamWidth,
    help: "beginnings that are gone on with side by side; 1 draws a text instead",
    group: "search",
  },
  lengthPenalty: {
    kind: "number",
    default: SAMPLE_DEFAULTS.lengthPenalty,
    help: "power of its length that a text is weighed by; more prefers long ones",
    group: "search",
  },
} as const satisfies Record<string, OptionSpec>;

/** What shapes the choice of every symbol, or of the whole text. */
export const SAMPLE_TABLE = { ...tail, ...repeats, ...bounds, ...search } as const satisfies Partial<
  OptionTable<SampleSettings>
>;

/** Which of many texts are left out. */
export const MANY_TABLE = {
  unique: {
    kind: "boolean",
    default: SAMPLE_DEFAULTS.unique,
    help: "no text comes twice",
    group: "many",
  },
  notInCorpus: {
    kind: "source",
    help: "leave out what stands in this text; of a model of documents, its lines",
    group: "many",
  },
} as const satisfies Partial<OptionTable<SampleManySettings>>;
