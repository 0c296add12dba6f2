import type { Folding } from "./folding.js";
import type { TokenizerKind } from "../options/tokenizer-types.js";

/** What a tokenizer is to be, ready to cross to another thread. */
export interface TokenizerSettings extends Folding {
  readonly kind: TokenizerKind;
  readonly vocabularySize?: number | undefined;
  /** Of bpe that is not learnt: two units for each merge, of which the first 256 are the bytes. */
  readonly merges?: readonly number[];
  /** Of bpe: whether GPT-2's contractions are words. */
  readonly contractions?: boolean;
}
