import { stringsOf, type ReadText } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import type { Normalization } from "../options/tokenizer-types.js";

// What a form of Unicode may make one with a character before it: marks, letters of Korean and of Kirat Rai, and what NFKC makes these of.
const JOINS = /[\p{M}\u1160-\u11ff\u3130-\u318f\u3260-\u327f\uff9e-\uffdc\u{16d63}-\u{16d6a}]/u;

/** UTF-16 units of these that may stand in a row, at most; nobody writes so many. */
const MOST_JOINED = 1000;

/** What is done to a text before it is cut, complete. */
export interface Folding {
  readonly normalization: Normalization;
  readonly caseFolding: boolean;
}

/** Leaves a text as it is. */
export const NO_FOLDING: Folding = { normalization: "none", caseFolding: false };

/** The first of the scalar values that mean nothing by themselves, so that hardly any text has them. */
const PRIVATE = 0xe000;

/** The text as a model reads it. What is folded already stays as it is. */
export function fold(text: string, { normalization, caseFolding }: Folding): string {
  const form = (given: string): string => (normalization === "none" ? given : given.normalize(normalization));
  const formed = form(text);
  // The one letter whose small form depends on what stands beside it has a form of its own at the end of a word.
  return caseFolding ? form(formed.toLowerCase().replaceAll("ς", "σ")) : formed;
}

/**
 * A list of characters as a model writes them. Those that folding makes one, such as e and its accent, are one.
 *
 * @param name - what messages call the list
 * @throws MynahError `invalid-option` for a character that folding makes several: none of them was meant by itself.
 */
export function foldCharacters(name: string, list: string, folding: Folding): string {
  const characters: string[] = [];
  for (const given of list) {
    const last = characters.pop() ?? "";
    const together = fold(last + given, folding);
    if (isOne(together)) {
      characters.push(together);
      continue;
    }
    const alone = fold(given, folding);
    if (!isOne(alone)) {
      throw new MynahError(
        "invalid-option",
        `${name} has ${JSON.stringify(given)}, which this model writes as several characters, ${JSON.stringify(alone)}; give those of them that are meant`,
      );
    }
    characters.push(last, alone);
  }
  return characters.join("");
}

/**
 * A text with blanks as the model reads it. The sign for them is none of the text, so it is not folded: `X` would be a letter, `é` two.
 * Another one that the folded text has not got takes its place.
 *
 * @param blank - the sign, in the text as it is given
 */
export function foldAround(
  text: string,
  blank: string,
  folding: Folding,
): { readonly text: string; readonly blank: string } {
  if (!isOne(blank) || leavesAll(folding)) return { text: fold(text, folding), blank };
  const parts = text.split(blank);
  // Without a blank it is refused, with the sign that was given.
  if (parts.length === 1) return { text, blank };
  const folded = parts.map((part) => fold(part, folding));
  let sign = PRIVATE;
  while (folded.some((part) => part.includes(String.fromCodePoint(sign)))) sign += 1;
  const mark = String.fromCodePoint(sign);
  return { text: folded.join(mark), blank: mark };
}

/** Whether it is one Unicode scalar value; half of a surrogate pair is none. */
function isOne(text: string): boolean {
  return /^\P{Cs}$/u.test(text);
}

function leavesAll({ normalization, caseFolding }: Folding): boolean {
  return normalization === "none" && !caseFolding;
}

/** What a model reads of a source. */
export function foldSource(source: ResolvedSource, folding: Folding): ResolvedSource {
  if (leavesAll(folding)) return source;
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

/** The last place before which nothing depends on what follows; where there is none near the end, the end. */
function lastBreak(text: string): number {
  for (let at = text.length - 1; at > text.length - MOST_JOINED; at -= 1) {
    if (at <= 0) return 0;
    const isInPair = /^[\uDC00-\uDFFF]/.test(text.charAt(at));
    if (!isInPair && !JOINS.test(String.fromCodePoint(text.codePointAt(at) ?? 0))) return at;
  }
  return text.length;
}
