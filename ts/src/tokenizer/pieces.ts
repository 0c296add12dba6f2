import { stringsOf } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";

// A word that comes once is no better known than its characters.
const LEAST_COUNT = 2;

// Of a line without any of these each character stands by itself.
const JOINED = /[\r\p{M}\p{Cf}\p{RI}\p{Emoji_Modifier}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;

// One language for all: the same text gives the same symbols everywhere. It divides Chinese, too.
const LANGUAGE = "en";

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
  for (const text of source.documents ?? stringsOf(source.text)) {
    // Nothing but CR LF goes over the end of a line.
    for (const [line] of text.matchAll(/[^\n]*\n?/g)) {
      for (const part of partsOf(line, segmenter)) counts.set(part, (counts.get(part) ?? 0) + 1);
    }
  }
  const least = kind === "words" ? LEAST_COUNT : 1;
  const found = [...counts].filter(([part, count]) => count >= least && isLong(part));
  // Of equals the first.
  found.sort(([, a], [, b]) => b - a);
  return found.map(([part]) => part);
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
