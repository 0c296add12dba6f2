import { stringsOf, type ReadText } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import type { Normalization } from "../options/tokenizer-types.js";

/** What is done to a text before it is cut, complete. */
export interface Folding {
  readonly normalization: Normalization;
  readonly caseFolding: boolean;
}

/** Leaves a text as it is. */
export const NO_FOLDING: Folding = { normalization: "none", caseFolding: false };

/** The text as a model reads it. What is folded already stays as it is. */
export function fold(text: string, { normalization, caseFolding }: Folding): string {
  const form = (given: string): string => (normalization === "none" ? given : given.normalize(normalization));
  const formed = form(text);
  // The one letter whose small form depends on what stands beside it has a form of its own at the end of a word.
  return caseFolding ? form(formed.toLowerCase().replaceAll("ς", "σ")) : formed;
}

/** What a model reads of a source. */
export function foldSource(source: ResolvedSource, folding: Folding): ResolvedSource {
  if (folding.normalization === "none" && !folding.caseFolding) return source;
  if (source.documents !== undefined) {
    return { ...source, documents: source.documents.map((document) => fold(document, folding)) };
  }
  const { text } = source;
  return { text: typeof text === "string" ? fold(text, folding) : foldPieces(text, folding) };
}

/** Piece by piece, so that a long text never is a string as a whole. */
function foldPieces(text: ReadText, folding: Folding): ReadText {
  const encoder = new TextEncoder();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let rest = "";
  const add = (part: string): void => {
    const folded = fold(part, folding);
    length += folded.length;
    pieces.push(encoder.encode(folded));
  };
  for (const string of stringsOf(text)) {
    const whole = rest + string;
    const at = lastBreak(whole);
    add(whole.slice(0, at));
    rest = whole.slice(at);
  }
  add(rest);
  return { pieces, length };
}

/** The last place before which nothing depends on what follows: no character of ASCII changes those before it. */
function lastBreak(text: string): number {
  let at = text.length - 1;
  while (at > 0 && text.charCodeAt(at) >= 0x80) at -= 1;
  return Math.max(0, at);
}
