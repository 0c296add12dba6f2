import { MynahError } from "../errors.js";
import { nearest } from "./nearest.js";
import { isTextInput } from "../corpora/text-input.js";
import type { OptionSpec } from "./spec.js";
import { optionsOf, type Call } from "./table.js";

// Sizes are 32 bits wide in WebAssembly.
const LARGEST_U32 = 2 ** 32 - 1;

/** UTF-16 units of a value that messages show, at most. */
const MOST_SHOWN = 40;

/** What a text is read from, as messages call it. */
const INPUTS = "a File, a Blob, a URL, a ReadableStream, an async iterable or { file: path }";

const CALL_NAMES: Record<Call, string> = {
  create: "TextModel.create",
  load: "TextModel.load",
  train: "model.train",
  resume: "model.resume",
  autosave: "autosave",
  saveModel: "saveModel",
  samples: "samples",
  sample: "model.sample",
  sampleMany: "model.sampleMany",
  session: "model.session",
  feed: "session.feed",
  sessionSample: "session.sample",
  sessionSuggest: "session.suggest",
  pool: "createPool",
  fill: "model.fill",
  evaluate: "model.evaluate",
  score: "model.score",
  embed: "model.embed",
  activations: "model.activations",
  inputGradient: "model.inputGradient",
  gradientFlow: "model.gradientFlow",
  memoryEstimate: "memoryEstimate",
  previewFolding: "previewFolding",
  suggest: "suggest",
  overlap: "overlap",
  padSequences: "padSequences",
  oneHot: "oneHot",
};

/**
 * Refuses unknown names and wrong JavaScript types. An option that is `undefined` counts as left out.
 *
 * @param called - what messages call the call, where several have the same options
 * @throws MynahError `unknown-option` (with the nearest name) or `invalid-option`.
 */
export function checkOptions(call: Call, options: unknown, called = CALL_NAMES[call]): void {
  if (typeof options !== "object" || options === null) {
    throw new MynahError("invalid-option", `${called} takes one object of options, got ${shown(options)}`);
  }
  const known = optionsOf(call);
  for (const [name, value] of Object.entries(options)) {
    const spec = Object.hasOwn(known, name) ? known[name] : undefined;
    if (spec === undefined) throw unknownOption(called, name, Object.keys(known));
    if (value === undefined) continue;
    checkValue(name, value, spec);
    if (spec.kind === "options") checkOptions(name as "samples" | "autosave", value);
  }
}

/**
 * Checks one value against its kind.
 *
 * @throws MynahError `invalid-option`.
 */
export function checkValue(name: string, value: unknown, spec: OptionSpec): void {
  const wanted = describeIfWrong(value, spec);
  if (wanted !== undefined) {
    const got = spec.kind === "biases" ? shownBiases(value) : shown(value);
    throw new MynahError("invalid-option", `${name} is ${got}, but must be ${wanted}`);
  }
}

/** What the value should have been, or `undefined` when it is right. */
export function describeIfWrong(value: unknown, spec: OptionSpec): string | undefined {
  switch (spec.kind) {
    case "integer":
      return isIntegerOf(spec, value) ? undefined : wantedInteger(spec);
    case "integers": {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (values.length > 0 && isListOf(values, (one) => isIntegerOf(spec, one))) return undefined;
      return typeof value === "number" ? wantedInteger(spec) : `${wantedInteger(spec)}, or a list of such`;
    }
    case "number":
      return isNumberOf(spec, value) ? undefined : wantedNumber(spec);
    case "boolean":
      return typeof value === "boolean" ? undefined : "a boolean";
    case "string":
      if (typeof value === "string") return undefined;
      return value instanceof RegExp ? "a string: a RegExp has its pattern in .source" : "a string";
    case "choice": {
      const { choices = [] } = spec;
      return choices.some((choice) => choice === value) ? undefined : `one of ${choices.join(", ")}`;
    }
    case "tokenizer":
      return (spec.choices ?? []).some((choice) => choice === value) || isTokenizerJson(value)
        ? undefined
        : `one of ${(spec.choices ?? []).join(", ")}, or the contents of a tokenizer.json as an object`;
    case "signal":
      return value instanceof AbortSignal ? undefined : "an AbortSignal";
    case "text":
      return isText(value) ? undefined : `a string, ${INPUTS}`;
    case "documents":
      return areDocuments(value) ? undefined : `a list of strings, or, for its lines, ${INPUTS}`;
    case "texts":
      return typeof value === "string" || isStrings(value) ? undefined : "a string, or a list of strings";
    case "biases":
      return isBiases(value)
        ? undefined
        : "an object with a finite number for each of some symbols, such as { e: -2 }";
    case "source":
      return isSource(value) ? undefined : "an object with text, corpus or documents";
    case "numbers":
      return value instanceof Float32Array && value.every(Number.isFinite)
        ? undefined
        : "a Float32Array of finite numbers";
    case "bytes":
      return value instanceof Uint8Array ? undefined : "a Uint8Array";
    case "options":
      // Its own call's table has the rest.
      return isRecord(value) ? undefined : "an object of options";
    case "function":
      return typeof value === "function" ? undefined : "a function";
  }
}

function isNumberOf({ minimum = -Infinity, maximum = Infinity }: OptionSpec, value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= minimum && Number(value) <= maximum;
}

function wantedNumber({ minimum, maximum }: OptionSpec): string {
  return minimum === undefined || maximum === undefined
    ? "a finite number"
    : `a number from ${minimum} to ${maximum}`;
}

function isIntegerOf({ minimum = 0, maximum = LARGEST_U32 }: OptionSpec, value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
}

function wantedInteger({ minimum = 0, maximum = LARGEST_U32 }: OptionSpec): string {
  return `a whole number from ${minimum} to ${maximum}`;
}

/** Whether it is an array of these throughout. `every` would pass over holes, which `findIndex` does not. */
export function isListOf(value: unknown, isRight: (one: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.findIndex((one) => !isRight(one)) < 0;
}

function isStrings(value: unknown): boolean {
  return isListOf(value, (one) => typeof one === "string");
}

function isText(value: unknown): boolean {
  return typeof value === "string" || isTextInput(value);
}

function areDocuments(value: unknown): boolean {
  return isStrings(value) || isTextInput(value);
}

function isBiases(value: unknown): boolean {
  return isRecord(value) && !Object.hasOwn(value, "") && Object.values(value).every(Number.isFinite);
}

/** Of biases the one that is wrong. */
function shownBiases(value: unknown): string {
  const entries = isRecord(value) ? Object.entries(value) : [];
  const wrong = entries.find(([symbol, bias]) => symbol === "" || !Number.isFinite(bias));
  return wrong === undefined ? shown(value) : `${shown(wrong[1])} for ${shown(wrong[0])}`;
}

function isTokenizerJson(value: unknown): boolean {
  return isRecord(value) && isRecord(value["model"]);
}

/** Whether a value is a `TextSource`, but for giving exactly one, which the reading of it sees to. */
function isSource(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { text, corpus, documents, ...others } = value;
  const isOf = (one: unknown, isRight: (one: unknown) => boolean) => one === undefined || isRight(one);
  const isCorpus = (one: unknown): boolean => typeof one === "string";
  const areRight = isOf(text, isText) && isOf(corpus, isCorpus) && isOf(documents, areDocuments);
  return areRight && Object.keys(others).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownOption(called: string, name: string, known: readonly string[]): MynahError {
  const meant = nearest(name, known);
  const hint = meant === undefined ? `it knows ${known.join(", ")}` : `did you mean "${meant}"?`;
  return new MynahError("unknown-option", `${called} has no option "${name}"; ${hint}`);
}

/** A value as an error message shows it: short, and with its type where that is the point. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cutShort(value));
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined)
    return String(value);
  if (value instanceof Float32Array) {
    const place = value.findIndex((one) => !Number.isFinite(one));
    return `a Float32Array with ${value[place]} at ${place}`;
  }
  if (value instanceof RegExp) return `the RegExp ${cutShort(String(value))}`;
  if (!Array.isArray(value)) return `a value of type ${typeof value}`;
  const hole = value.findIndex((_, at) => !Object.hasOwn(value, at));
  if (hole >= 0) return `an array with nothing at ${hole}`;
  return value.length <= 4 && value.every((one) => typeof one === "number")
    ? `[${value.join(", ")}]`
    : "an array";
}

function cutShort(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
