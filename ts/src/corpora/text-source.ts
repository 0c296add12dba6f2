import { readCorpus } from "#platform";
import { corpora, type CorpusName } from "./names.js";
import { MynahError } from "../errors.js";
import { nearest } from "../options/nearest.js";

/**
 * A text, or the name of one that comes with the package. Exactly one of the two. Half of a surrogate pair in the text is read
 * as U+FFFD.
 */
export type TextSource = { text: string; corpus?: undefined } | { text?: undefined; corpus: CorpusName };

/**
 * Reads a text that comes with the package.
 *
 * @throws MynahError `unknown-corpus`.
 */
export async function loadCorpus(name: CorpusName): Promise<string> {
  if (!corpora.includes(name)) throw unknownCorpus(name);
  return new TextDecoder().decode(await readCorpus(name));
}

/**
 * The text that an options object names.
 *
 * @throws MynahError `missing-option`, `contradictory-options` or `unknown-corpus`.
 */
export async function resolveText({ text, corpus }: TextSource): Promise<string> {
  if (text !== undefined && corpus !== undefined) {
    throw new MynahError("contradictory-options", "text and corpus exclude each other; give one of them");
  }
  if (text !== undefined) return text;
  if (corpus !== undefined) return loadCorpus(corpus);
  throw new MynahError(
    "missing-option",
    `A text is missing: give text, or corpus with one of ${corpora.join(", ")}`,
  );
}

function unknownCorpus(name: string): MynahError {
  const meant = nearest(name, corpora);
  const hint = meant === undefined ? `there are ${corpora.join(", ")}` : `did you mean "${meant}"?`;
  return new MynahError("unknown-corpus", `There is no corpus "${name}"; ${hint}`);
}
