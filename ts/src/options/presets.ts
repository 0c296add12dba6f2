import type { ModelInfo } from "../types.js";
import type { ModelOptions, Preset, TrainSettings } from "./types.js";

/** The words for how much time a model is worth. */
export const PRESETS = ["quick", "balanced", "best"] as const satisfies readonly Preset[];

/** How much there is to learn from. */
export interface Extent {
  /** Of a text, or of all documents with one for the end of each. */
  readonly symbols: number;
  /** Documents, where it is a list. */
  readonly documents?: number | undefined;
}

/** How much a source holds; UTF-16 units for symbols, of which there are hardly more, and which need no counting. */
export function extentOf({
  text,
  documents,
}: {
  text?: string | undefined;
  documents?: readonly string[] | undefined;
}): Extent {
  if (documents === undefined) return { symbols: text?.length ?? 0 };
  return {
    symbols: documents.reduce((sum, document) => sum + document.length + 1, 0),
    documents: documents.length,
  };
}

/** A preset, measured on a million symbols; other sizes follow from it. docs/quality.md has what it was chosen by. */
interface Measure {
  readonly cell: "gru" | "lstm";
  readonly hiddenSize: number;
  /** Over a million symbols. */
  readonly passes: number;
  /** Symbols that are read at most, those of a second pass again: it bounds the time of a long text. */
  readonly most: number;
}

const MEASURES: Readonly<Record<Preset, Measure>> = {
  quick: { cell: "gru", hiddenSize: 256, passes: 5, most: 6e6 },
  balanced: { cell: "lstm", hiddenSize: 512, passes: 10, most: 12e6 },
  best: { cell: "lstm", hiddenSize: 512, passes: 40, most: 48e6 },
};

/** What the measures were taken on. */
const MEASURED_SYMBOLS = 1e6;

/** Half as many units suffice for what is as short as this. */
const SHORT = 30_000;

// A text is cut into no more streams than leave each so many windows, or there are too few steps in a pass; a list of documents is
// read so many symbols at a time.
const LEAST_WINDOWS = 80;
const SYMBOLS_PER_STEP = 512;
const SEQ_LENGTH = 64;

/** The peak rate of a recurrent layer of 256 units; it falls with the root of their number. */
const RATE_OF_256 = 0.006;
const RATES: Readonly<Partial<Record<ModelInfo["cell"], number>>> = {
  rnn: 0.002,
  "min-gru": 0.003,
  "min-lstm": 0.003,
  transformer: 0.002,
};

/** Where only a budget in seconds is given: multiply-adds for one weight and symbol, and how many two cores do in a second. */
const MULTIPLY_ADDS = 3;
const PER_SECOND = 50e9;

/**
 * The options of a new model, with what a preset adds to those that are given.
 *
 * @param given - what the caller wants; it is kept as it is
 */
export function presetModel(
  preset: Preset,
  { symbols }: Extent,
  given: ModelOptions,
): ModelOptions & Pick<ModelInfo, "cell" | "hiddenSize"> {
  const { cell, hiddenSize } = MEASURES[preset];
  const advised = symbols < SHORT ? hiddenSize / 2 : hiddenSize;
  return {
    ...withoutUndefined(given),
    cell: given.cell ?? cell,
    hiddenSize: given.hiddenSize ?? advised,
  };
}

/** What of a model matters for its training. */
export type PresetInfo = Pick<ModelInfo, "cell" | "hiddenSize" | "parameters" | "zoneout" | "zoneoutCell">;

/**
 * The options of a training, with what a preset adds to those that are given.
 *
 * @param given - what the caller wants; it is kept as it is
 */
export function presetTraining(
  preset: Preset,
  info: PresetInfo,
  extent: Extent,
  given: TrainSettings,
): TrainSettings {
  const kept = withoutUndefined(given);
  const isBudgetGiven = ["epochs", "steps", "seconds"].some((name) => Object.hasOwn(kept, name));
  const budget = isBudgetGiven ? {} : { epochs: passesOf(preset, extent) };
  const batchSize = given.batchSize ?? batchSizeOf(extent);
  const passes = expectedPasses({ ...kept, ...budget, batchSize }, info, extent);
  const { dropout, weightDrop } = dropOf(passes, info, extent);
  return {
    ...budget,
    batchSize,
    learningRate: rateOf(info),
    dropout,
    ...(takesWeightDrop(info) ? { weightDrop } : {}),
    ...kept,
  };
}

/** More passes over less, but less than in proportion: what is short is soon known by heart. */
function passesOf(preset: Preset, { symbols }: Extent): number {
  const { passes, most } = MEASURES[preset];
  const wanted = passes * Math.sqrt(MEASURED_SYMBOLS / symbols);
  return toTwoDigits(Math.min(wanted, most / symbols));
}

/** A power of two. */
function batchSizeOf({ symbols, documents }: Extent): number {
  const streams =
    documents === undefined
      ? symbols / (SEQ_LENGTH * LEAST_WINDOWS)
      : SYMBOLS_PER_STEP / (symbols / documents);
  const power = 2 ** Math.floor(Math.log2(Math.max(1, streams)));
  return documents === undefined ? clamp(power, 4, 32) : clamp(power, 16, 64);
}

function rateOf({ cell, hiddenSize }: PresetInfo): number {
  const widest = typeof hiddenSize === "number" ? hiddenSize : Math.max(...hiddenSize);
  const rate = (RATES[cell] ?? RATE_OF_256) * Math.sqrt(256 / widest);
  return toTwoDigits(Math.min(rate, 0.01));
}

/** How often a budget comes to read everything. */
function expectedPasses(
  { epochs, steps, seconds, batchSize = 1, seqLength = SEQ_LENGTH }: TrainSettings,
  { parameters }: PresetInfo,
  { symbols, documents }: Extent,
): number {
  if (epochs !== undefined) return epochs;
  const perStep = documents === undefined ? batchSize * seqLength : (batchSize * symbols) / documents;
  if (steps !== undefined) return (steps * perStep) / symbols;
  return ((seconds ?? 0) * PER_SECOND) / (MULTIPLY_ADDS * parameters) / symbols;
}

/** What is dropped so that nothing is learnt by heart: more in more passes, and where there are more weights than symbols. */
function dropOf(
  passes: number,
  { parameters }: PresetInfo,
  { symbols }: Extent,
): { dropout: number; weightDrop: number } {
  // Both are what tempts a model to remember instead of to understand.
  const temptation = Math.log2(Math.max(1, passes / 4)) + Math.log2(Math.max(1, parameters / symbols));
  const share = Math.round(clamp(0.1 * temptation, 0, 0.4) * 20) / 20;
  return { dropout: share, weightDrop: share };
}

/** Zoneout serves the same end. */
function takesWeightDrop({ cell, zoneout = 0, zoneoutCell = 0 }: PresetInfo): boolean {
  return (cell === "rnn" || cell === "gru" || cell === "lstm") && zoneout === 0 && zoneoutCell === 0;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** People read it. */
const toTwoDigits = (value: number) => Number(value.toPrecision(2));

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
