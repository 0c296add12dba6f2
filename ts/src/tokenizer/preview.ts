import { fold } from "./folding.js";
import { MynahError } from "../errors.js";
import { checkOptions, shown } from "../options/check.js";
import { TOKENIZER_DEFAULTS } from "../options/defaults.js";
import type { FoldingOptions } from "../options/tokenizer-types.js";

/** What folding makes of a text. */
export interface FoldingPreview {
  /** The text as a model would read it: half of a surrogate pair in it as U+FFFD. */
  readonly text: string;
  /** What changes, the most frequent change first. */
  readonly changes: readonly FoldingChange[];
  /** How often anything changes. */
  readonly count: number;
}

/** A character, with its marks, or a syllable of Korean letters, that becomes another one. */
export interface FoldingChange {
  readonly from: string;
  readonly to: string;
  /** How often it does. */
  readonly count: number;
  /** Where it first stands, as `slice` counts. */
  readonly at: number;
}

// A character with its marks.
const CHARACTERS = /\P{M}\p{M}*|\p{M}+/gsu;

// What no UTF-8 can hold.
const HALVES = /\p{Cs}/gu;

// Below it nothing changes what stands before it.
const FIRST_MARK = "\u0300";

/**
 * Shows what `normalization` and `caseFolding` would change in a text, before a model is made with them:
 *
 * ```ts
 * const { changes } = previewFolding(text, { normalization: "NFKC", caseFolding: true });
 * for (const { from, to, count } of changes) console.log(`${from} becomes ${to} ${count} times`);
 * ```
 *
 * @throws MynahError `unknown-option` or `invalid-option`.
 */
export function previewFolding(text: string, options: FoldingOptions): FoldingPreview {
  checkOptions("previewFolding", options);
  if (typeof text !== "string") {
    throw new MynahError("invalid-option", `previewFolding takes a text as a string, got ${shown(text)}`);
  }
  const { normalization = TOKENIZER_DEFAULTS.normalization, caseFolding = TOKENIZER_DEFAULTS.caseFolding } =
    options;
  const read = (given: string): string =>
    fold(given, { normalization, caseFolding }).replace(HALVES, "\ufffd");
  const changes = new Map<string, { from: string; to: string; count: number; at: number }>();
  let count = 0;
  for (const { from, to, at } of partsOf(text, read)) {
    if (to === from) continue;
    count += 1;
    const known = changes.get(from);
    if (known === undefined) changes.set(from, { from, to, count: 1, at });
    else known.count += 1;
  }
  // Of equals the first.
  const sorted = [...changes.values()];
  sorted.sort((a, b) => b.count - a.count);
  return { text: read(text), changes: sorted, count };
}

interface Part {
  readonly from: string;
  readonly to: string;
  readonly at: number;
}

/** A text in parts that are folded each by itself: characters that become something else together are one. */
function* partsOf(text: string, read: (text: string) => string): Generator<Part, void, undefined> {
  let [from, to, at] = ["", "", 0];
  for (const { 0: next, index } of text.matchAll(CHARACTERS)) {
    const alone = read(next);
    const together = next < FIRST_MARK ? to + alone : read(from + next);
    if (together === to + alone) {
      yield { from, to, at };
      [from, to, at] = [next, alone, index];
    } else {
      from += next;
      to = together;
    }
  }
  yield { from, to, at };
}
