// What the programs for Node share: their options, of which one table says everything, and how they show that they are learning.
import { parseArgs } from "node:util";

/**
 * What an option may be: a number or a whole number from the first to the second of two, one of some words, or else a file.
 *
 * @typedef {object} Option
 * @property {string} help what it is for
 * @property {readonly [number, number]} [number]
 * @property {readonly [number, number]} [whole]
 * @property {readonly string[]} [oneOf]
 * @property {string | number} [default] without one it may be left out, and is undefined then
 */

/**
 * @template {Option} Of
 * @typedef {Of extends { oneOf: readonly (infer Word)[] } ? Word
 *   : Of extends { number: unknown } | { whole: unknown } ? number : string} Value
 */

/**
 * The options that the program was given. `--help` prints them all; that, or a sentence about what is wrong with one, ends the program.
 *
 * @template {Record<string, Option>} const Table
 * @param {Table} table
 */
export function readOptions(table) {
  const options = Object.entries(table);
  /** @type {Record<string, unknown>} */
  const values = Object.fromEntries(options.map(([name, option]) => [name, option.default]));
  const kinds = options.map(([name]) => [name, /** @type {const} */ ({ type: "string" })]);
  // Not strict: whatever is wrong is said here, in the same manner.
  const { tokens } = parseArgs({ options: Object.fromEntries(kinds), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    const given = token.kind === "option" ? token.rawName : token.value;
    const name = token.kind === "option" ? token.name : "";
    if (given === "--help") end(0, help(table));
    const option = Object.hasOwn(table, name) && given === `--${name}` ? table[name] : undefined;
    if (option === undefined) end(2, `There is no option ${given}; --help lists those that there are`);
    values[name] = read(name, option, token.value);
  }
  return /** @type {{ [Name in keyof Table]: Value<Table[Name]> | (Table[Name] extends { default: unknown } ? never : undefined) }} */ (
    values
  );
}

/**
 * @param {string} name
 * @param {Option} option
 * @param {string | undefined} text as it was given
 */
function read(name, option, text = "") {
  const { whole, oneOf, number: range = whole } = option;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const isRight =
    range === undefined
      ? text !== "" && (oneOf?.includes(text) ?? true)
      : number >= range[0] && number <= range[1] && (whole === undefined || Number.isInteger(number));
  if (!isRight) end(2, `--${name} is "${text}", but must be ${wanted(option)}`);
  return range === undefined ? text : number;
}

/** @param {Option} option */
function wanted({ whole, oneOf, number: range = whole }) {
  if (range === undefined) return oneOf === undefined ? "a file" : `one of ${oneOf.join(", ")}`;
  return `a ${whole === undefined ? "" : "whole "}number from ${range.join(" to ")}`;
}

/** @param {Record<string, Option>} table */
function help(table) {
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).map(([name, option]) => {
    const otherwise = option.default === undefined ? "" : `; default: ${option.default}`;
    return `  --${name.padEnd(width)}  ${option.help} (${wanted(option)}${otherwise})`;
  });
  return lines.join("\n");
}

/**
 * @param {number} code
 * @param {string} words
 * @returns {never}
 */
function end(code, words) {
  (code === 0 ? console.log : console.error)(words);
  process.exit(code);
}

/**
 * One line, which changes while a model is learning; on standard error, since standard output is for what the program is there for.
 *
 * @param {import("mynah").TrainStep} step
 */
export function showLearning({ fractionDone, loss }) {
  const line = `\rlearning ${Math.round(100 * fractionDone)} %, loss ${loss.toFixed(2)} `;
  process.stderr.write(fractionDone < 1 ? line : `${line}\n`);
}
