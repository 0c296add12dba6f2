import type { ResolvedSource } from "../corpora/text-source.js";

/** UTF-8 bytes of a source; the ends of documents have none. */
export function bytesOf(source: ResolvedSource): number {
  if (source.documents !== undefined) return ofStrings(source.documents);
  const { text } = source;
  return typeof text === "string"
    ? ofStrings([text])
    : text.pieces.reduce((sum, { length }) => sum + length, 0);
}

function ofStrings(texts: readonly string[]): number {
  let bytes = 0;
  for (const text of texts) for (const symbol of text) bytes += bytesOfSymbol(symbol.codePointAt(0) ?? 0);
  return bytes;
}

/** Half of a surrogate pair is read as U+FFFD, which takes as many as it would. */
function bytesOfSymbol(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
