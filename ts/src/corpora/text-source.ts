import { readCorpus } from "#platform";
import { corpora, type CorpusName } from "./names.js";
import { collectInput, readLines, type ReadText } from "./read-text.js";
import { isTextInput, type TextInput } from "./text-input.js";
import { MynahError } from "../errors.js";
import { nearest } from "../options/nearest.js";

/**
 * What to learn from, or to foresee: exactly one of three. Half of a surrogate pair in it is read as U+FFFD.
 */
export type TextSource =
  /** One text, or what it is read from. */
  | { text: string | TextInput; corpus?: undefined; documents?: undefined }
  /** The name of a text that comes with the package. */
  | { text?: undefined; corpus: CorpusName; documents?: undefined }
  /**
   * Texts that have nothing to do with each other, such as names or poems. The model learns where one begins and ends, and writes
   * one at a time. Of what is read from somewhere, each line that is not empty is one.
   */
  | { text?: undefined; corpus?: undefined; documents: readonly string[] | TextInput };

/** What to learn from, and with documents, what each of them depends on. */
export type ConditionedSource = TextSource & {
  /**
   * A vector for each document, one after another: `documents.length` × `conditionSize` numbers. Of a model that was created with
   * conditions, and needed there.
   */
  conditions?: Float32Array | undefined;
};

/** What a source comes to, ready to cross to another thread. */
export type ResolvedSource =
  | { readonly text: string | ReadText; readonly documents?: undefined }
  | { readonly documents: readonly string[]; readonly conditions: Float32Array<ArrayBuffer> };

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
 * What an options object names. What belongs to the caller is copied at once, before anything is awaited.
 *
 * @throws MynahError `missing-option`, `contradictory-options` or `unknown-corpus`; where it is read from somewhere, also as
 * {@link collectInput} does.
 */
export async function resolveSource(
  source: ConditionedSource,
  signal?: AbortSignal,
): Promise<ResolvedSource> {
  const { text, corpus, documents, conditions } = source;
  const given = Object.entries({ text, corpus, documents }).filter(([, value]) => value !== undefined);
  const [first, second] = given.map(([name]) => name);
  if (first !== undefined && second !== undefined) {
    throw new MynahError(
      "contradictory-options",
      `${first} and ${second} exclude each other; give one of them`,
    );
  }
  if (documents !== undefined) {
    const vectors = new Float32Array(conditions ?? []);
    const list = isTextInput(documents) ? await readLines(documents, "documents", signal) : [...documents];
    return { documents: list, conditions: vectors };
  }
  if (conditions !== undefined) {
    throw new MynahError(
      "contradictory-options",
      "conditions are vectors of documents; give documents with them",
    );
  }
  if (typeof text === "string") return { text };
  if (text !== undefined) return { text: await collectInput(text, "text", signal) };
  if (corpus !== undefined) return { text: await loadCorpus(corpus) };
  throw new MynahError(
    "missing-option",
    `A text is missing: give text, documents, or corpus with one of ${corpora.join(", ")}`,
  );
}

/** Options without those that say what to read, which crosses to another thread by itself. */
export function withoutSource<Options extends ConditionedSource>(
  options: Options,
): Omit<Options, keyof ConditionedSource> {
  const {
    text: _text,
    corpus: _corpus,
    documents: _documents,
    conditions: _conditions,
    ...settings
  } = options;
  return settings;
}

function unknownCorpus(name: string): MynahError {
  const meant = nearest(name, corpora);
  const hint = meant === undefined ? `there are ${corpora.join(", ")}` : `did you mean "${meant}"?`;
  return new MynahError("unknown-corpus", `There is no corpus "${name}"; ${hint}`);
}
