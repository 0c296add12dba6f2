import { abortable } from "../abort.js";
import { resolveSource, type TextSource } from "../corpora/text-source.js";
import { bareEngine } from "../engine/start-engine.js";
import { MynahError } from "../errors.js";
import { checkOptions, describeIfWrong, shown } from "../options/check.js";
import { OVERLAP_DEFAULTS } from "../options/defaults.js";
import type { OverlapOptions } from "../options/insight-types.js";
import type { Overlap } from "../types.js";

/** The only job of its engine. */
const JOB = 1;

/**
 * Finds what a text has copied: the longest parts of it that stand word for word in a corpus, such as the text that the model has learnt.
 *
 * ```ts
 * const written = await model.sampleText({ length: 2000 });
 * const { share, runs } = await overlap(written, { text });
 * for (const { text, at, inCorpusAt } of runs) console.log(text);
 * ```
 *
 * Exact, and in a time that grows with both texts in proportion. Takes some 200 bytes for a symbol of the text, and besides both texts: what
 * the corpus is read from is collected first, one byte or more for a character.
 *
 * @param text - the text to look at
 * @param source - the corpus: a string, or what `model.train` takes; of `documents` no run goes over the end of one
 * @throws MynahError `missing-option`, `unknown-corpus`, `text-too-long` for a corpus of more than 2,147 million characters, or one of `unknown-option`, `invalid-option` and `contradictory-options`; where the corpus is read from somewhere, what that can come to; on abort the signal's `reason`.
 */
export async function overlap(
  text: string,
  source: string | TextSource,
  options: OverlapOptions = {},
): Promise<Overlap> {
  checkOptions("overlap", options);
  if (typeof text !== "string") {
    throw new MynahError("invalid-option", `overlap takes a text as a string, got ${shown(text)}`);
  }
  const corpus = typeof source === "string" ? { text: source } : source;
  const wanted = describeIfWrong(corpus, { kind: "source", help: "" });
  if (wanted !== undefined) {
    throw new MynahError(
      "invalid-option",
      `overlap takes a corpus as a string, or as ${wanted}, got ${shown(source)}`,
    );
  }
  const { minLength = OVERLAP_DEFAULTS.minLength, worker, signal } = options;
  const resolved = await abortable(signal, () => resolveSource(corpus, signal));
  const engine = await bareEngine({ worker, signal });
  try {
    await abortable(signal, () => engine.openOverlap(JOB, text, resolved, minLength));
    for (;;) {
      const found = await abortable(signal, () => engine.overlapChunk(JOB));
      if (found !== undefined) return found;
    }
  } finally {
    await engine.dispose();
  }
}
