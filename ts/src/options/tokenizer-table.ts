import { TOKENIZER_DEFAULTS } from "./defaults.js";
import type { OptionSpec, OptionTable } from "./spec.js";
import type { FoldingOptions, TokenizerKind, TokenizerOptions } from "./tokenizer-types.js";

/** The words for what a text is cut into. */
export const TOKENIZERS = [
  "characters",
  "graphemes",
  "words",
  "bytes",
  "bpe",
] as const satisfies readonly TokenizerKind[];

/** What is done to a text before it is cut. */
export const FOLDING_TABLE = {
  normalization: {
    kind: "choice",
    choices: ["none", "NFC", "NFD", "NFKC", "NFKD"],
    default: TOKENIZER_DEFAULTS.normalization,
    help: "write in one way what can be written in several; a form of Unicode",
    group: "text",
  },
  caseFolding: {
    kind: "boolean",
    default: TOKENIZER_DEFAULTS.caseFolding,
    help: "make all letters small",
    group: "text",
  },
} as const satisfies OptionTable<FoldingOptions>;

/** The options that say how a new model cuts texts. */
export const TOKENIZER_TABLE = {
  tokenizer: {
    kind: "tokenizer",
    choices: TOKENIZERS,
    default: TOKENIZER_DEFAULTS.tokenizer,
    help: "what the text is cut into, or a tokenizer.json with byte-level BPE",
    group: "text",
  },
  vocabularySize: {
    kind: "integer",
    minimum: 257,
    maximum: 65_536,
    defaultHelp: "1024 of bpe, 8192 of words",
    help: "symbols of bpe and words, at most",
    group: "text",
  },
  ...FOLDING_TABLE,
} as const satisfies Record<keyof TokenizerOptions, OptionSpec>;
