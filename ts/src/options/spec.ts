/** One option: its JavaScript type, its default, and what `--help` says. Rust checks ranges too, those of a `number` it alone. */
export interface OptionSpec {
  readonly kind: OptionKind;
  /** The words allowed, of a `choice` and of a `tokenizer`. */
  readonly choices?: readonly string[];
  /**
   * Lowest value of an `integer` where it is not 0, the same as in Rust, so that every message names the same range; of a `number` that
   * Rust does not see.
   */
  readonly minimum?: number;
  /** Highest value of an `integer` where it is not that of 32 bits; of a `number` that Rust does not see. */
  readonly maximum?: number;
  readonly default?: string | number | boolean;
  /** Describes the default where it is not one value. */
  readonly defaultHelp?: string;
  /** One line for `--help`. */
  readonly help: string;
  /** Under which heading `--help` has it; under none, it comes first. */
  readonly group?: OptionGroup;
  /** Of a boolean, what its `--no-` flag does. */
  readonly offHelp?: string;
  /** `false` keeps the option off the command line. */
  readonly flag?: false;
}

/**
 * `integers` and `texts`: one, or a list of them. `biases`: a number for each of some symbols. `source`: something to read, on the
 * command line a file. `tokenizer`: one of the words, or the contents of a file, on the command line its path. `text` and `documents`: as a value, or as what it is read from. The command line has no flag for those in the last row.
 */
export type OptionKind =
  | ("integer" | "integers" | "number" | "boolean" | "string" | "choice")
  | ("texts" | "biases" | "source" | "tokenizer")
  | ("signal" | "text" | "documents" | "numbers" | "bytes" | "function" | "options");

/** The headings of training's `--help`, in their order: what a first run needs comes first, what only a specialist needs last. */
export const TRAINING_GROUPS = {
  length: "How long to train:",
  model: "The model:",
  learning: "Learning:",
  text: "How the text is cut:",
  validation: "Validation, and which weights to keep:",
  regularisation: "Against learning by heart:",
  rate: "Course of the learning rate:",
  optimizer: "Optimiser:",
  form: "Other forms of the model:",
} as const;

/** The headings of writing's `--help`, in their order. */
export const WRITING_GROUPS = {
  tail: "Leaving out what is unlikely:",
  repeats: "Against repetition:",
  bounds: "What may be written, and where it ends:",
  search: "Searching for the likeliest text:",
  many: "Many texts:",
} as const;

/** All headings of `--help`. */
export const OPTION_GROUPS = { ...TRAINING_GROUPS, ...WRITING_GROUPS } as const;

/** A heading of `--help`. */
export type OptionGroup = keyof typeof OPTION_GROUPS;

/** A specification for each of the options, with none left out. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionSpec };

/** Of an options object, what a table knows. */
export function pickFrom(
  table: Readonly<Record<string, OptionSpec>>,
  options: object,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(table, name)));
}
