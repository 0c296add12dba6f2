import { TOKENIZER_DEFAULTS } from "../options/defaults.js";
import type { TokenizerKind } from "../options/tokenizer-types.js";

/** What of a tokenizer says how many symbols a text becomes. */
export interface Granularity {
  readonly tokenizer: TokenizerKind;
  readonly vocabularySize?: number | undefined;
}

/** A text, or documents, as far as matters here. */
export interface Measurable {
  readonly text?: string | { readonly length: number; readonly pieces?: readonly Uint8Array[] } | undefined;
  readonly documents?: readonly string[] | undefined;
}

/** Cut into what each text is unless something else is said. */
export const OF_CHARACTERS: Granularity = { tokenizer: TOKENIZER_DEFAULTS.tokenizer };

// Bytes of a symbol. Of Tiny Shakespeare and of Chinese poems words have 3.4 and 3.3; those of bpe 1.9 and 1.7 in 512, 2.4 and 2.3 in
// 1,024, 3.2 and 3.1 in 4,096 symbols.
const BYTES_PER_WORD = 3.4;
const BYTES_PER_DOUBLING = 0.45;
const SIZE_OF_SINGLE_BYTES = 128;
const DEFAULT_BPE_SIZE = 1024;

/** UTF-16 units of a string that are looked at. */
const SAMPLE = 10_000;

/** UTF-16 units of a source for each symbol, roughly: enough to choose the size of a model and the number of passes. */
export function unitsPerSymbol({ tokenizer, vocabularySize }: Granularity, source: Measurable): number {
  switch (tokenizer) {
    case "characters":
    case "graphemes":
      return 1;
    case "words":
      return BYTES_PER_WORD / bytesPerUnit(source);
    case "bytes":
      return 1 / bytesPerUnit(source);
    case "bpe": {
      const doublings = Math.log2((vocabularySize ?? DEFAULT_BPE_SIZE) / SIZE_OF_SINGLE_BYTES);
      return (1 + BYTES_PER_DOUBLING * Math.max(0, doublings)) / bytesPerUnit(source);
    }
  }
}

/** UTF-8 bytes of a UTF-16 unit, by the beginning of a string. */
function bytesPerUnit({ text, documents }: Measurable): number {
  if (typeof text === "object" && text.pieces !== undefined) {
    return text.pieces.reduce((sum, { length }) => sum + length, 0) / Math.max(1, text.length);
  }
  const sample = typeof text === "string" ? text.slice(0, SAMPLE) : beginningOf(documents ?? []);
  return sample === "" ? 1 : new TextEncoder().encode(sample).length / sample.length;
}

/** Of documents as many as are looked at: they may be long, and many. */
function beginningOf(documents: readonly string[]): string {
  let beginning = "";
  for (const document of documents) {
    beginning += document.slice(0, SAMPLE - beginning.length);
    if (beginning.length === SAMPLE) break;
  }
  return beginning;
}
