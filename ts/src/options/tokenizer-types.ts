/** What a text is cut into: each piece is a symbol of the model. */
export type TokenizerKind = "characters" | "graphemes" | "words" | "bytes" | "bpe";

/** A form of Unicode, as `String.prototype.normalize` has them, or none. */
export type Normalization = "none" | "NFC" | "NFD" | "NFKC" | "NFKD";

/** What is done to every text that a model reads, before it is cut. */
export interface FoldingOptions {
  /**
   * Writes in one way what can be written in several: `"NFC"` and `"NFD"` what looks the same (é as one character or as two), `"NFKC"` and
   * `"NFKD"` also what means the same (ﬁ and fi, ² and 2). Default `"none"`.
   */
  normalization?: Normalization | undefined;
  /** Makes all letters small, so that a model learns one alphabet instead of two, and writes it alone. Default `false`. */
  caseFolding?: boolean | undefined;
}

/** The contents of a `tokenizer.json` of Hugging Face's. */
export interface TokenizerJson {
  readonly model: object;
  readonly [part: string]: unknown;
}

/**
 * How a new model cuts texts. It is part of the model, and of its file. Whatever the text, its symbols give it back, as folding left it, and
 * none is unknown: see docs/tokenizers.md.
 */
export interface TokenizerOptions extends FoldingOptions {
  /**
   * `"characters"` (default) are Unicode scalar values; `"graphemes"` what people take for one character (👩‍👩‍👧, é as two scalar
   * values); `"words"` whole words, of rare ones their characters; `"bytes"` those of UTF-8; `"bpe"` bytes that often stand together in the
   * text (byte-pair encoding). Or the contents of a `tokenizer.json` with byte-level BPE.
   */
  tokenizer?: TokenizerKind | TokenizerJson | undefined;
  /** Of `"bpe"` and `"words"`: symbols, at most; from 257 to 65,536. Default 1,024 and 8,192. */
  vocabularySize?: number | undefined;
}
