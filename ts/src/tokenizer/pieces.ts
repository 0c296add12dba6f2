import { stringsOf } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";

// A word that comes once is no better known than its characters.
const LEAST_COUNT = 2;

// Of a line without any of these each character stands by itself.
const JOINED = /[\r\p{M}\p{Cf}\p{RI}\p{Emoji_Modifier}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;

// One language for all, whatever that of the machine. It divides Chinese, too.
const LANGUAGE = "en";

// UTF-16 units of a line that are looked at at a time. V8's segmenter takes the longer for each part the longer all is: of lines of 1,024
// units 1 s for a million, of 65,536 12 s (AMD Zen 5, Node 20).
const MOST_OF_LINE = 1 << 11;

/** Before these a part of a line may end. A word begins with its space. */
const BREAKS: readonly string[] = [" ", "。", "，", "、"];

/**
 * The grapheme clusters, or the words, of a source that are longer than one character, the most frequent ones first. A word begins with the
 * space before it, if there is one.
 *
 * @throws MynahError `unsupported-engine` where the engine cannot tell them apart.
 */
export function piecesOf(kind: "graphemes" | "words", source: ResolvedSource): string[] {
  if (typeof Intl.Segmenter !== "function") {
    throw new MynahError(
      "unsupported-engine",
      `The tokenizer "${kind}" needs Intl.Segmenter, which this JavaScript engine lacks; characters and bpe need nothing`,
    );
  }
  const counts = new Map<string, number>();
  const granularity = kind === "graphemes" ? "grapheme" : "word";
  const segmenter = new Intl.Segmenter(LANGUAGE, { granularity });
  const partsOf = kind === "graphemes" ? clustersOf : wordsOf;
  const texts =
    source.documents === undefined ? [stringsOf(source.text)] : source.documents.map((text) => [text]);
  for (const text of texts) {
    for (const line of linesOf(text)) {
      for (const part of partsOf(line, segmenter)) counts.set(part, (counts.get(part) ?? 0) + 1);
    }
  }
  const least = kind === "words" ? LEAST_COUNT : 1;
  const found = [...counts].filter(([part, count]) => count >= least && isLong(part));
  // Of equals the first.
  found.sort(([, a], [, b]) => b - a);
  return found.map(([part]) => part);
}

/**
 * The lines of a text with their ends, of very long ones parts. Nothing goes over the end of a line, and they are the same however the text
 * is cut up.
 */
export function* linesOf(strings: Iterable<string>): Generator<string, void, undefined> {
  let rest = "";
  for (const string of strings) {
    rest += string;
    let at = 0;
    for (let end = endOfLine(rest, at); end !== undefined; end = endOfLine(rest, at)) {
      yield rest.slice(at, end);
      at = end;
    }
    rest = rest.slice(at);
  }
  if (rest !== "") yield rest;
}

/** Where the line that begins there is cut off; `undefined` where that depends on what is still to come. */
function endOfLine(text: string, from: number): number | undefined {
  const begun = text.slice(from, from + MOST_OF_LINE + 1);
  const newline = begun.indexOf("\n");
  if (newline >= 0) return from + newline + 1;
  if (begun.length <= MOST_OF_LINE) return undefined;
  const last = Math.max(...BREAKS.map((sign) => begun.lastIndexOf(sign)));
  if (last > 0) return from + last;
  const isInPair = /^[\uDC00-\uDFFF]/.test(begun.slice(MOST_OF_LINE));
  return from + MOST_OF_LINE - (isInPair ? 1 : 0);
}

function* clustersOf(line: string, segmenter: Intl.Segmenter): Generator<string> {
  if (!JOINED.test(line)) return;
  for (const { segment } of segmenter.segment(line)) yield segment;
}

function* wordsOf(line: string, segmenter: Intl.Segmenter): Generator<string> {
  let before = "";
  for (const { segment, isWordLike } of segmenter.segment(line)) {
    if (isWordLike === true) yield before.endsWith(" ") ? ` ${segment}` : segment;
    before = segment;
  }
}

/** Whether it is more than one Unicode scalar value; half of a surrogate pair is none. */
function isLong(part: string): boolean {
  return Array.from(part).length > 1 && !/\p{Cs}/u.test(part);
}
