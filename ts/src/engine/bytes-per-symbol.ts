import type { ResolvedSource } from "../corpora/text-source.js";

/** UTF-8 bytes that a symbol of a source takes on average; the end of a document that is not empty is a symbol of no bytes. */
export function bytesPerSymbol(source: ResolvedSource): number {
  const isText = source.documents === undefined;
  const texts = isText ? [source.text] : source.documents.filter((document) => document !== "");
  let symbols = isText ? 0 : texts.length;
  let bytes = 0;
  for (const text of texts) {
    for (const symbol of text) {
      symbols += 1;
      bytes += bytesOf(symbol.codePointAt(0) ?? 0);
    }
  }
  return bytes / symbols;
}

/** Half of a surrogate pair is read as U+FFFD, which takes as many as it would. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
