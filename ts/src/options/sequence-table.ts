import type { OneHotOptions, PadOptions } from "../keras/sequences.js";
import type { OptionTable } from "./spec.js";

const SIDES = ["pre", "post"] as const;

/** How `padSequences` makes rows of one length. */
export const PAD_TABLE = {
  maxLength: { kind: "integer", defaultHelp: "that of the longest", help: "length of every row" },
  dtype: {
    kind: "choice",
    choices: ["uint8", "int32", "float32", "float64"],
    default: "int32",
    help: "kind of the numbers",
  },
  padding: { kind: "choice", choices: SIDES, default: "pre", help: "where a row is filled up" },
  truncating: { kind: "choice", choices: SIDES, default: "pre", help: "where a row is cut" },
  value: { kind: "number", default: 0, help: "what a row is filled up with" },
} as const satisfies OptionTable<PadOptions>;

/** How `oneHot` makes vectors of numbers. */
export const ONE_HOT_TABLE = {
  numClasses: {
    kind: "integer",
    minimum: 1,
    defaultHelp: "the largest, and one",
    help: "length of a vector",
  },
} as const satisfies OptionTable<OneHotOptions>;
