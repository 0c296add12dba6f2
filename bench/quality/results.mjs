// What was measured, row by row, in results.json beside this file: it is kept with the code, because hours of work are in it.
import fs from "node:fs";
import { median } from "../lib/measure.mjs";

const FILE = new URL("results.json", import.meta.url);

/**
 * @typedef {object} Result
 * @property {string} work
 * @property {string} name of the row
 * @property {number} [seed]
 * @property {string} how machine, engine and date
 * @property {number} seconds of learning
 * @property {number} [loss] in nats per symbol, with all that came before remembered
 * @property {number} [bitsPerByte]
 * @property {number} [parameters]
 * @property {number} [tokens] that were learnt from, those of a second pass again
 * @property {number} [epoch] passes
 * @property {number} [trained] the mean loss of the last training steps
 * @property {Record<string, number>} [windows] the loss in windows of so many symbols that know nothing of each other
 * @property {Point[]} [curve]
 * @property {number} [words] of what is written: the share of words that occur in the work
 * @property {number} [copied] characters of the longest run that stands in the work
 * @property {string} [sample] how it writes
 *
 * @typedef {{ tokens: number, seconds: number, loss?: number, zero?: number }} Point
 */

/** @returns {Result[]} */
export function readResults() {
  return fs.existsSync(FILE) ? JSON.parse(fs.readFileSync(FILE, "utf8")) : [];
}

/**
 * Puts a result in the place of an earlier one of the same row and seed.
 *
 * @param {Result} result
 */
export function keepResult(result) {
  const isSame = ({ work, name, seed }) =>
    work === result.work && name === result.name && seed === result.seed;
  const kept = [...readResults().filter((it) => !isSame(it)), result].toSorted((a, b) =>
    keyOf(a) < keyOf(b) ? -1 : 1,
  );
  // One line each, so that a change of one is a change of one line.
  fs.writeFileSync(FILE, `[\n${kept.map((it) => JSON.stringify(it, rounded)).join(",\n")}\n]\n`);
}

/** More digits are noise. */
const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(7)) : value);

/** @param {Result} result */
const keyOf = ({ work, name, seed }) => `${work}\n${name}\n${String(seed ?? 0).padStart(6, "0")}`;

/**
 * Of the seeds of a row the one in the middle, by its loss.
 *
 * @param {Result[]} results
 */
export function middleOf(results) {
  const value = (it) => it.loss ?? it.windows?.[64] ?? it.bitsPerByte;
  const middle = median(results.map(value));
  return results.find((it) => value(it) === middle);
}

/**
 * When a curve first was at or below a loss, in seconds, on straight lines between its points; undefined if never.
 *
 * @param {Point[]} curve
 * @param {"loss" | "zero"} what
 * @param {number} wanted
 */
export function secondsTo(curve, what, wanted) {
  for (let i = 0; i < curve.length; i += 1) {
    const [before, here] = [curve[i - 1], curve[i]];
    if (!(here[what] <= wanted)) continue;
    if (before === undefined) return here.seconds;
    const share = (before[what] - wanted) / (before[what] - here[what]);
    return before.seconds + share * (here.seconds - before.seconds);
  }
  return undefined;
}
