// The flags that the benchmarks understand.
import { parseArgs } from "node:util";

/** What every benchmark takes. */
const COMMON = {
  /** One JSON object per row instead of a table. */
  json: { type: "boolean", default: false },
  /** The smallest sizes and spans: to see that it runs, not how fast. */
  smoke: { type: "boolean", default: false },
  /** Puts the table into docs/performance.md, between the marks of its name. */
  write: { type: "boolean", default: false },
};

/**
 * The flags of the command line; an unknown one ends the program with a sentence.
 *
 * @param {import("node:util").ParseArgsConfig["options"]} [more]
 */
export function flags(more = {}) {
  try {
    return parseArgs({ options: { ...COMMON, ...more } }).values;
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

/**
 * A flag's number.
 *
 * @param {string} name
 * @param {string} value
 */
export function numberOf(name, value) {
  const number = Number(value);
  if (number > 0) return number;
  console.error(`--${name} is ${value}; it takes a number above 0`);
  return process.exit(2);
}
