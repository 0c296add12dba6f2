import type { ResolvedSource } from "../corpora/text-source.js";

/** UTF-8 bytes that a symbol of a source takes on average; the end of a document that is not empty is a symbol of no bytes. */
export function bytesPerSymbol(source: ResolvedSource): number {
  if (source.documents === undefined) {
    const { text } = source;
    return typeof text === "string" ? ofStrings([text], 0) : ofPieces(text.pieces);
  }
  const documents = source.documents.filter((document) => document !== "");
  return ofStrings(documents, documents.length);
}

/** @param ends - symbols of no bytes */
function ofStrings(texts: readonly string[], ends: number): number {
  let symbols = ends;
  let bytes = 0;
  for (const text of texts) {
    for (const symbol of text) {
      symbols += 1;
      bytes += bytesOf(symbol.codePointAt(0) ?? 0);
    }
  }
  return bytes / symbols;
}

function ofPieces(pieces: readonly Uint8Array[]): number {
  let symbols = 0;
  let bytes = 0;
  for (const piece of pieces) {
    bytes += piece.length;
    // A symbol has one byte that does not go on with another one.
    for (const byte of piece) if ((byte & 0xc0) !== 0x80) symbols += 1;
  }
  return bytes / symbols;
}

/** Half of a surrogate pair is read as U+FFFD, which takes as many as it would. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
