import { lossOfCounting, MOST_COUNTED } from "./counting.js";
import { kindOf, type TextKind } from "./kind.js";
import { abortable } from "../abort.js";
import { linesOf, readString } from "../corpora/read-text.js";
import { isTextInput, type TextInput } from "../corpora/text-input.js";
import { MynahError } from "../errors.js";
import { TextModel } from "../model.js";
import { checkOptions } from "../options/check.js";
import { MODEL_DEFAULTS, SUGGEST_DEFAULTS } from "../options/defaults.js";
import { extentOf, mostPasses, passesFor, PER_WEIGHT, presetTraining, unitsFor } from "../options/presets.js";
import type { ModelOptions, SuggestOptions, TrainSettings } from "../options/types.js";

/** What to learn a text with, and what to expect of it. */
export interface Suggestion {
  /** Unicode scalar values of the text. */
  readonly symbols: number;
  /** How many different ones. */
  readonly alphabet: number;
  /** Whether it is one text, or a list whose lines have nothing to do with each other. */
  readonly kind: TextKind;
  /** What to give to `create`, `train` and `evaluate`, spread: the text, or its lines as documents. `JSON.stringify` leaves it out. */
  readonly source: { readonly text: string } | { readonly documents: readonly string[] };
  /** Options for `TextModel.create`. */
  readonly create: Required<Pick<ModelOptions, "cell" | "hiddenSize">>;
  /** Options for `model.train`. */
  readonly train: TrainSettings;
  /** What it will come to on held-out text, in nats per symbol, give or take a fifth. */
  readonly expectedLoss: number;
  /** What the training will take on this machine, in seconds. */
  readonly expectedSeconds: number;
  /** Why, in plain sentences. */
  readonly reasons: readonly string[];
}

/** For how long the machine's speed is measured. */
const SECONDS_OF_TRIAL = 0.4;

/** Symbols that the trial reads: of a long text all would only take time, and a short one would fill no batch. */
const SYMBOLS_OF_TRIAL = 20_000;
const BATCH_OF_TRIAL = 32;
const UNITS_OF_TRIAL = 256;

/**
 * By what a model beats counting: it is level after so many symbols, those of a second pass again, and ahead by so much after ten times as
 * many, up to a limit. Fitted by eye to the presets' runs of docs/quality.md and to shorter ones, of 0.14 to 9.3 million symbols: within a seventh of each.
 */
const LEVEL_AFTER = 0.5e6;
const AHEAD_PER_DECADE = 0.13;
const MOST_AHEAD = 0.25;

/**
 * Looks at a text and at the speed of this machine, and suggests how to learn it in a given time: the size of the model, whether the
 * text is a list, how much to drop, and what to expect. Takes about a second. What a text may go on with is another matter: that is
 * {@link Session.suggest}.
 *
 * ```ts
 * const advice = await suggest(text, { seconds: 120 });
 * const model = await TextModel.create({ ...advice.source, ...advice.create });
 * await model.train({ ...advice.source, ...advice.train });
 * ```
 *
 * @param given - a text, or a list with one entry on each line; or what it is read from
 * @throws MynahError `text-too-short`, `unsupported-engine`, or one of `unknown-option` and `invalid-option`; on abort the signal's
 * `reason`.
 */
export async function suggest(given: string | TextInput, options: SuggestOptions = {}): Promise<Suggestion> {
  checkOptions("suggest", options);
  const { seconds = SUGGEST_DEFAULTS.seconds, signal } = options;
  if (!(seconds > 0)) {
    throw new MynahError("invalid-option", `seconds is ${seconds}, but must be above 0`);
  }
  const text = await abortable(signal, async () => textOf(given, signal));
  const kind = kindOf(text);
  const source = kind === "list" ? { documents: linesOf(text) } : { text };
  const ofCounting = await lossOfCounting(kind === "list" ? withTenthsLast(text) : text);
  signal?.throwIfAborted();
  if (ofCounting === undefined) {
    throw new MynahError("text-too-short", `The text has ${text.length} symbols: nothing can be said of it`);
  }
  const extent = extentOf(source);
  const work = seconds * (await workPerSecond(text, signal));
  const create = { cell: MODEL_DEFAULTS.cell, hiddenSize: unitsFor(work, extent) } as const;
  const parameters = await parametersOf({ ...source, ...create, signal });
  const passes = passesFor(work, { ...create, parameters }, extent);
  const isShort = passes >= mostPasses(extent);
  const settings = presetTraining("quick", { ...create, parameters }, extent, { epochs: passes });
  const expectedSeconds = Math.min(
    seconds,
    (seconds * passes * PER_WEIGHT * parameters * extent.symbols) / work,
  );
  const expectedLoss = ofCounting * shareOfCounting(passes * extent.symbols);
  const found = { ...countSymbols(text), kind, create, train: settings, expectedLoss, expectedSeconds };
  return withShortJson({
    ...found,
    source,
    reasons: reasonsFor({ ...found, parameters, ofCounting, isShort }),
  });
}

/** As JSON it is looked at, and the text would bury the advice. */
function withShortJson(suggestion: Suggestion): Suggestion {
  const { source: _, ...advice } = suggestion;
  return Object.defineProperty(suggestion, "toJSON", { value: () => advice });
}

function textOf(given: unknown, signal: AbortSignal | undefined): Promise<string> | string {
  if (typeof given === "string") return given;
  if (isTextInput(given)) return readString(given, "text", signal);
  throw new MynahError(
    "invalid-option",
    "suggest takes a text as a string, or what it is read from: a File, a URL, a stream and so on",
  );
}

/** What of the loss of counting is left to a model that has read so many symbols. */
function shareOfCounting(read: number): number {
  const decades = Math.log10(read / LEVEL_AFTER);
  return 1 - Math.min(MOST_AHEAD, AHEAD_PER_DECADE * decades);
}

interface Found extends Omit<Suggestion, "source" | "reasons"> {
  readonly parameters: number;
  readonly ofCounting: number;
  /** Whether there is more time than the text is worth. */
  readonly isShort: boolean;
}

function reasonsFor(found: Found): string[] {
  const { symbols, alphabet, kind, create, train, expectedLoss, expectedSeconds } = found;
  const { parameters, ofCounting, isShort } = found;
  const { epochs = 0, batchSize = 0, dropout = 0, learningRate = 0 } = train;
  const count = new Intl.NumberFormat("en");
  const lines =
    kind === "list"
      ? "Its lines are short and end like no sentences, so it is taken for a list: each line is learnt as a document with a beginning and an end."
      : "It reads like prose or verse: one text, of which the model remembers all that came before.";
  const limit = isShort
    ? `More than ${epochs} passes over so short a text teach nothing more, so it takes less time than there is.`
    : `That is what this machine can teach in ${expectedSeconds.toFixed(0)} seconds: ${epochs} passes over the text.`;
  const drop =
    dropout > 0
      ? `With so many passes and ${count.format(Math.round(parameters))} weights it would learn by heart, so ${Math.round(100 * dropout)} % of the outputs and of the recurrent weights are dropped.`
      : "It reads too little to learn by heart, so nothing is dropped.";
  return [
    `The text has ${count.format(symbols)} symbols, ${count.format(alphabet)} of them different.`,
    lines,
    `The model is an ${create.cell} of ${String(create.hiddenSize)} units, ${count.format(Math.round(parameters))} weights in all. ${limit}`,
    `It is read in ${batchSize} ${kind === "list" ? "documents" : "streams"} side by side, at a learning rate of up to ${learningRate}.`,
    drop,
    `Counting five symbols in a row foresees the end of the text with ${ofCounting.toFixed(2)} nats per symbol; the model should come to about ${expectedLoss.toFixed(2)}.`,
  ];
}

/** Multiply-adds that a second of training does here. */
async function workPerSecond(text: string, signal: AbortSignal | undefined): Promise<number> {
  const sample = text.slice(0, SYMBOLS_OF_TRIAL).padEnd(SYMBOLS_OF_TRIAL, text);
  const model = await TextModel.create({ text: sample, hiddenSize: UNITS_OF_TRIAL, signal });
  try {
    const settings = { seconds: SECONDS_OF_TRIAL, validation: 0, batchSize: BATCH_OF_TRIAL };
    const { tokensPerSecond } = await model.train({ text: sample, ...settings, signal });
    return tokensPerSecond * PER_WEIGHT * model.info.parameters;
  } finally {
    await model.dispose();
  }
}

/** Of a new model. */
async function parametersOf(options: Parameters<typeof TextModel.create>[0]): Promise<number> {
  const model = await TextModel.create(options);
  await model.dispose();
  return model.info.parameters;
}

/**
 * A list with each tenth line at its end: lists are sorted, and their end is like nothing before. No more of it than is counted.
 */
function withTenthsLast(text: string): string {
  const lines = linesOf(text.slice(0, MOST_COUNTED));
  const isTenth = (_: string, at: number) => at % 10 === 9;
  return [...lines.filter((line, at) => !isTenth(line, at)), ...lines.filter(isTenth)].join("\n");
}

function countSymbols(text: string): { symbols: number; alphabet: number } {
  const different = new Set<string>();
  let symbols = 0;
  for (const symbol of text) {
    different.add(symbol);
    symbols += 1;
  }
  return { symbols, alphabet: different.size };
}
