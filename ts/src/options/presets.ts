import { MODEL_DEFAULTS, TRAIN_DEFAULTS } from "./defaults.js";
import { roughSizeOf } from "../engine/source-size.js";
import { MynahError } from "../errors.js";
import { OF_CHARACTERS, type Granularity, type Measurable } from "../tokenizer/extent.js";
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

/**
 * How much a source holds, without counting: {@link roughSizeOf}.
 *
 * @throws MynahError `empty-text`.
 */
export function extentOf(source: Measurable, granularity: Granularity = OF_CHARACTERS): Extent {
  const { symbols, documents } = roughSizeOf(source, granularity);
  if (symbols === 0) throw new MynahError("empty-text", "the text to learn is empty");
  return documents === undefined ? { symbols } : { symbols, documents: documents.count };
}

/**
 * Multiply-adds of the network that a model is worth: about what two cores do in one, ten and fifty minutes, beside those of the
 * optimiser. Size and passes follow from it; docs/quality.md has what it comes to.
 */
const WORK: Readonly<Record<Preset, number>> = { quick: 4e12, balanced: 30e12, best: 120e12 };

/** {@link WORK} of a second, of two cores. */
const WORK_PER_SECOND = 55e9;

/** Multiply-adds of a training for each weight and symbol: forwards, backwards to the state, backwards to the weights. */
export const PER_WEIGHT = 3;

/** Symbols that each weight wants to see, those of a second pass again: with fewer a smaller model would be further. */
const SYMBOLS_PER_WEIGHT = 10;

/** Weights that a text can still teach, for each of its symbols, when much is dropped. */
export const MOST_WEIGHTS_PER_SYMBOL = 20;

// More passes teach nothing more, and over a short text the model has it by heart much sooner: 15,000 symbols of names are known best
// after 20 passes, 12,000 of Chinese after 6, whatever is dropped. But in fewer steps than these nothing is learnt at all.
const MOST_PASSES = 100;
const MOST_PASSES_OF_10_000 = 10;
const LEAST_STEPS = 200;

/** Of the embedding. */
const INPUTS = 128;
const SIZE_STEP = 32;
const MOST_UNITS = 1024;

// A text is cut into no more streams than leave each so many windows, or there are too few steps in a pass; a list of documents is
// read so many symbols at a time.
const LEAST_WINDOWS = 80;
const SYMBOLS_PER_STEP = 1024;
const MOST_SYMBOLS_PER_STEP = 2048;

/** Of the share that is held out where nobody says how much: more would make a figure hardly surer, and take longer than the training. */
const MOST_HELD_OUT = 100_000;

const MOST_RATE = 0.01;

/** Share that is dropped for each doubling of what tempts a model to remember. */
const DROPPED_PER_DOUBLING = 0.125;
const MOST_DROPPED = 0.35;

/** The peak rate of a layer of 256 units with Muon; it falls with the root of their number. */
const RATES: Readonly<Record<ModelInfo["cell"], number>> = {
  lstm: 0.008,
  gru: 0.006,
  rnn: 0.003,
  "min-gru": 0.006,
  "min-lstm": 0.006,
  transformer: 0.003,
};

/**
 * The options of a new model, with what a preset adds to those that are given.
 *
 * @param given - what the caller wants; it is kept as it is
 */
export function presetModel(
  preset: Preset,
  extent: Extent,
  given: ModelOptions,
): ModelOptions & Pick<ModelInfo, "cell" | "hiddenSize"> {
  return {
    ...withoutUndefined(given),
    cell: given.cell ?? MODEL_DEFAULTS.cell,
    hiddenSize: given.hiddenSize ?? fitted(unitsFor(WORK[preset], extent), given),
  };
}

/** A number of units that goes with what else is given, at or below one that is wanted. */
function fitted(units: number, { cell, block, embeddingSize, numHeads }: ModelOptions): number {
  const isTransformer = cell === "transformer";
  // Blocks add to what they read.
  if ((isTransformer || block === true) && embeddingSize !== undefined) return embeddingSize;
  // RoPE turns pairs of values of each head.
  const step = isTransformer ? 2 * (numHeads ?? MODEL_DEFAULTS.numHeads) : 1;
  return Math.max(1, Math.floor(units / step)) * step;
}

/** Units of an lstm that a budget of multiply-adds is spent best on. */
export function unitsFor(work: number, { symbols }: Extent): number {
  const weights = Math.min(
    Math.sqrt(work / (PER_WEIGHT * SYMBOLS_PER_WEIGHT)),
    symbols * MOST_WEIGHTS_PER_SYMBOL,
  );
  // 4 H (H + I) of them, solved for H.
  const units = (Math.sqrt(INPUTS * INPUTS + weights) - INPUTS) / 2;
  return clamp(Math.round(units / SIZE_STEP) * SIZE_STEP, 2 * SIZE_STEP, MOST_UNITS);
}

/** What of a model matters for its training. */
export type PresetInfo = Pick<
  ModelInfo,
  "cell" | "hiddenSize" | "parameters" | "contextLength" | "zoneout" | "zoneoutCell"
>;

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
  const budget = isBudgetGiven ? {} : { epochs: passesFor(WORK[preset], info, extent) };
  const validation = given.validation ?? heldOutOf(extent);
  const seqLength = given.seqLength ?? seqLengthOf(info, extent, validation);
  const batchSize = given.batchSize ?? batchSizeOf(extent, seqLength);
  const passes = expectedPasses({ ...kept, ...budget, batchSize, seqLength }, info, extent);
  const { dropout, weightDrop } = dropOf(passes, info, extent);
  return {
    ...budget,
    validation,
    batchSize,
    seqLength,
    learningRate: rateOf(info),
    optimizer: TRAIN_DEFAULTS.optimizer,
    dropout,
    ...(takesWeightDrop(info) ? { weightDrop } : {}),
    ...kept,
  };
}

/** How often a budget of multiply-adds reads everything, or shall read it. */
export function passesFor(work: number, { parameters }: PresetInfo, extent: Extent): number {
  const passes = work / (PER_WEIGHT * parameters * extent.symbols);
  return toTwoDigits(Math.min(passes, mostPasses(extent)));
}

/** Passes after which nothing more is learnt. */
export function mostPasses(extent: Extent): number {
  const { symbols } = extent;
  const { seqLength } = TRAIN_DEFAULTS;
  const leastPasses =
    (LEAST_STEPS * symbolsPerStep(batchSizeOf(extent, seqLength), seqLength, extent)) / symbols;
  const passes = MOST_PASSES_OF_10_000 * Math.sqrt(symbols / 10_000);
  return toTwoDigits(Math.min(MOST_PASSES, Math.max(passes, leastPasses)));
}

/** What one step reads. */
function symbolsPerStep(batchSize: number, seqLength: number, { symbols, documents }: Extent): number {
  return batchSize * Math.min(seqLength, documents === undefined ? Infinity : symbols / documents);
}

/** A share, of a long text less than usual. */
function heldOutOf({ symbols }: Extent): number {
  return Math.min(TRAIN_DEFAULTS.validation, toTwoDigits(MOST_HELD_OUT / symbols));
}

/** A transformer that never saw its whole context would foresee nothing in it; but no window is longer than the text. */
function seqLengthOf(
  { cell, contextLength = MODEL_DEFAULTS.contextLength }: PresetInfo,
  { symbols, documents }: Extent,
  validation: number,
): number {
  const wanted = cell === "transformer" ? contextLength : TRAIN_DEFAULTS.seqLength;
  if (documents !== undefined) return wanted;
  return Math.max(1, Math.min(wanted, Math.floor((1 - validation) * symbols) - 1));
}

/** A power of two. */
function batchSizeOf({ symbols, documents }: Extent, seqLength: number): number {
  if (documents !== undefined) return clamp(powerOfTwo(SYMBOLS_PER_STEP / (symbols / documents)), 16, 128);
  const most = Math.max(1, powerOfTwo(MOST_SYMBOLS_PER_STEP / seqLength));
  return clamp(powerOfTwo(symbols / (seqLength * LEAST_WINDOWS)), Math.min(4, most), most);
}

/** The peak learning rate of such a model, with an optimiser of the kind of Adam. */
export function rateOf({ cell, hiddenSize }: PresetInfo): number {
  const widest = typeof hiddenSize === "number" ? hiddenSize : Math.max(...hiddenSize);
  const rate = RATES[cell] * Math.sqrt(256 / widest);
  return toTwoDigits(Math.min(rate, MOST_RATE));
}

/** How often a budget comes to read everything. */
function expectedPasses(
  { epochs, steps, seconds = 0, batchSize = 1, seqLength = 1 }: TrainSettings,
  info: PresetInfo,
  extent: Extent,
): number {
  if (epochs !== undefined) return epochs;
  if (steps !== undefined) return (steps * symbolsPerStep(batchSize, seqLength, extent)) / extent.symbols;
  return passesFor(seconds * WORK_PER_SECOND, info, extent);
}

/** What is dropped so that nothing is learnt by heart: more in more passes, and where there are more weights than symbols. */
function dropOf(
  passes: number,
  { parameters }: PresetInfo,
  { symbols }: Extent,
): { dropout: number; weightDrop: number } {
  // Both are what tempts a model to remember instead of to understand.
  const temptation = Math.log2(Math.max(1, passes / 4)) + Math.log2(Math.max(1, parameters / symbols));
  const share = Math.round(clamp(DROPPED_PER_DOUBLING * temptation, 0, MOST_DROPPED) * 20) / 20;
  return { dropout: share, weightDrop: share };
}

/** Zoneout serves the same end. */
function takesWeightDrop({ cell, zoneout = 0, zoneoutCell = 0 }: PresetInfo): boolean {
  return (cell === "rnn" || cell === "gru" || cell === "lstm") && zoneout === 0 && zoneoutCell === 0;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The largest that is no larger. */
const powerOfTwo = (value: number) => 2 ** Math.floor(Math.log2(value));

/** People read it. */
const toTwoDigits = (value: number) => Number(value.toPrecision(2));

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
