import { InvalidArgumentError, Option, type Command } from "commander";
import { MynahError } from "../errors.js";
import { describeIfWrong } from "../options/check.js";
import { OPTION_GROUPS, type OptionSpec } from "../options/spec.js";
import { OPTION_TABLE, optionsOf, pickFor, type Call } from "../options/table.js";

/** The flags that a user gave, under the names of the options; one that was not given is not there. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * Adds a flag for every option of these calls, under the headings of the table. Where two of them have an option of the same name, it
 * is one flag.
 *
 * @param without - names of options that the command does not have
 */
export function addFlags(command: Command, calls: readonly Call[], without: readonly string[] = []): void {
  const flags = new Map<string, OptionSpec>();
  for (const call of calls) {
    for (const [name, spec] of Object.entries(optionsOf(call))) {
      if (spec.flag !== false && !flags.has(name) && !without.includes(name)) flags.set(name, spec);
    }
  }
  for (const group of [undefined, ...Object.keys(OPTION_GROUPS)]) {
    for (const [name, spec] of flags) {
      if (spec.group === group) for (const flag of flagsFor(name, spec)) command.addOption(flag);
    }
  }
}

/** Of all flags given, those that are options of one call. */
export function pickOptions(call: Call, flags: Flags): Record<string, unknown> {
  return pickFor(call, flags);
}

/**
 * Refuses options of these calls, but for a few.
 *
 * @param reason - the flag that they do not go with
 * @param why - what speaks against them
 * @throws MynahError `contradictory-options`.
 */
export function refuseOptions(
  calls: readonly Call[],
  flags: Flags,
  allowed: readonly string[],
  reason: string,
  why = "the run goes on as it began",
): void {
  const given = calls.flatMap((call) => Object.keys(pickOptions(call, flags)));
  const [first] = given.filter((name) => !allowed.includes(name));
  if (first === undefined) return;
  throw new MynahError("contradictory-options", `--${kebab(first)} and ${reason} exclude each other; ${why}`);
}

/** An error's message with options as the command line calls them: `hiddenSize` becomes `--hidden-size`. */
export function withFlagNames(message: string): string {
  // Names that are words too (steps, seed) only where they cannot be meant as such: in quotes, or as what the sentence is about.
  return message
    .replace(/"([a-z][A-Za-z0-9]*)"/g, (quoted, name: string) => flagOf(name) ?? quoted)
    .replace(/^[a-z]+\b|\b[a-z]+(?:[A-Z][a-z0-9]*)+\b/g, (name) => flagOf(name) ?? name)
    .replace(/(?<=\bset )[a-z]+(?= to\b)/g, (name) => flagOf(name) ?? name);
}

/** The flag of an option: `--hidden-size` of `hiddenSize`. `undefined` when no flag has that name. */
function flagOf(name: string): string | undefined {
  const isFlag = Object.keys(OPTION_TABLE).some((call) => {
    const options = optionsOf(call as Call);
    return Object.hasOwn(options, name) && options[name]?.flag !== false;
  });
  return isFlag ? `--${kebab(name)}` : undefined;
}

function flagsFor(name: string, spec: OptionSpec): Option[] {
  const flags = bareFlagsFor(name, spec);
  // Commander would take --no-repeat-ngram for the opposite of an option repeatNgram.
  if (spec.kind !== "boolean") for (const flag of flags) flag.negate = false;
  if (spec.group !== undefined) for (const flag of flags) flag.helpGroup(OPTION_GROUPS[spec.group]);
  return flags;
}

function bareFlagsFor(name: string, spec: OptionSpec): Option[] {
  const flag = `--${kebab(name)}`;
  switch (spec.kind) {
    case "integer":
    case "number":
      return [new Option(`${flag} <n>`, describe(spec)).argParser((text) => parseNumber(text, spec))];
    case "integers":
      return [new Option(`${flag} <n>`, describe(spec)).argParser((text) => parseNumbers(text, spec))];
    case "texts":
      return [
        new Option(`${flag} <text>`, describe(spec)).argParser((text, before: string[] = []) => [
          ...before,
          text,
        ]),
      ];
    case "biases":
      return [new Option(`${flag} <json>`, describe(spec)).argParser(parseBiases)];
    case "source":
      return [new Option(`${flag} <file>`, describe(spec))];
    case "tokenizer": {
      const option = new Option(`${flag} <word|file>`, describe(spec));
      // For completion alone: `choices()` would refuse a path.
      option.argChoices = [...(spec.choices ?? [])];
      return [option];
    }
    case "choice":
      return [new Option(`${flag} <word>`, describe(spec)).choices(spec.choices ?? [])];
    case "boolean": {
      // Both, or else commander would take the option for given; and of both the help shows the one that changes something.
      const on = new Option(flag, describe({ ...spec, default: "" }));
      const off = new Option(`--no-${kebab(name)}`, spec.offHelp ?? `without: ${spec.help}`);
      return [on.hideHelp(spec.default === true), off.hideHelp(spec.default === false)];
    }
    default: {
      const option = new Option(`${flag} <text>`, describe(spec));
      // As with a tokenizer: who reads the option says more of a wrong word.
      if (spec.choices !== undefined) option.argChoices = [...spec.choices];
      return [option];
    }
  }
}

function describe({ help, choices, default: value, defaultHelp }: OptionSpec): string {
  const words = choices === undefined ? "" : `: ${choices.join(", ")}`;
  const shown = defaultHelp ?? (value === undefined || value === "" ? undefined : String(value));
  return `${help}${words}${shown === undefined ? "" : ` (default: ${shown})`}`;
}

/** Strict: no trailing letters, no empty text. */
function parseNumber(text: string, spec: OptionSpec): number {
  const value = text.trim() === "" ? NaN : Number(text);
  const wanted = describeIfWrong(value, spec);
  if (wanted !== undefined) throw new InvalidArgumentError(`It must be ${wanted}.`);
  return value;
}

/** `512`, or `512,256`, which is a list. */
function parseNumbers(text: string, spec: OptionSpec): number | number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const [only = NaN, ...others] = values;
  const value = others.length === 0 ? only : values;
  const wanted = describeIfWrong(value, spec);
  if (wanted !== undefined) throw new InvalidArgumentError(`It must be ${wanted}.`);
  return value;
}

function parseBiases(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is no JSON is no object, either.
  }
  if (describeIfWrong(value, { kind: "biases", help: "" }) === undefined) return value;
  throw new InvalidArgumentError('It must be JSON with a number for each symbol, such as {"e":-2}.');
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
