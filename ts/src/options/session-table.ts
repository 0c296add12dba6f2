import { COMPLETION_DEFAULTS } from "./defaults.js";
import type { OptionSpec, OptionTable } from "./spec.js";
import type { CompletionSettings } from "./session-types.js";

/** What is suggested of what may come next. */
export const COMPLETION_TABLE = {
  n: {
    kind: "integer",
    minimum: 1,
    maximum: 100,
    default: COMPLETION_DEFAULTS.n,
    help: "how many are suggested, at most",
  },
  unit: {
    kind: "choice",
    choices: ["symbol", "word"],
    default: COMPLETION_DEFAULTS.unit,
    help: "what is suggested, the next symbol or the rest of a word",
  },
} as const satisfies OptionTable<CompletionSettings>;

/** The part of the other session in a blend. */
export const BLEND_WEIGHT = {
  kind: "number",
  minimum: 0,
  maximum: 1,
  default: 0.5,
  help: "part of the other session",
} as const satisfies OptionSpec;
