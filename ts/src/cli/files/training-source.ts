import { basename, extname } from "node:path";
import { Utf8Reader } from "../../corpora/utf8-reader.js";
import { readFileInPieces } from "../../files/read-file.js";
import { realPath } from "../../files/real-path.js";
import { corpora, loadCorpus, MynahError, type CorpusName, type TextSource } from "../../index.js";

/** Where a command's text comes from: a file, stdin (`-`), or a corpus. */
export type Source =
  { readonly kind: "file"; readonly path: string } | { readonly kind: "corpus"; readonly name: CorpusName };

/**
 * The source that a command line names.
 *
 * @throws MynahError `missing-option` or `contradictory-options`.
 */
export function chooseSource(file: string | undefined, corpus: CorpusName | undefined): Source {
  if (file !== undefined && corpus !== undefined) {
    throw new MynahError(
      "contradictory-options",
      `A file (${file}) and --corpus exclude each other; give one of them`,
    );
  }
  if (corpus !== undefined) return { kind: "corpus", name: corpus };
  if (file !== undefined) return { kind: "file", path: file };
  throw new MynahError(
    "missing-option",
    `A text is missing: give a file, - for stdin, or --corpus with one of ${corpora.join(", ")}`,
  );
}

/** As the library takes it, once: as one text, or with `isList` each of its lines by itself, but for the empty ones. */
export function sourceOf(source: Source, isList: boolean): TextSource {
  const pieces = readInPieces(source);
  return isList ? { documents: pieces } : { text: pieces };
}

/**
 * The text as it comes. A byte order mark is dropped; everything else, line ends included, stays as it is.
 *
 * @throws MynahError `file-not-found`, `is-a-directory`, `unreadable-file`, `empty-text`, `binary-file`, `invalid-utf8` or `unknown-corpus`.
 */
export async function* readInPieces(source: Source): AsyncGenerator<string, void, undefined> {
  if (source.kind === "corpus") {
    yield loadCorpus(source.name);
    return;
  }
  const name = source.path === "-" ? "stdin" : source.path;
  const reader = new Utf8Reader(name);
  let isEmpty = true;
  for await (const bytes of source.path === "-" ? process.stdin : piecesOf(source.path)) {
    const piece = reader.read(bytes as Uint8Array);
    isEmpty &&= piece === "";
    yield piece;
  }
  reader.end();
  if (isEmpty) throw new MynahError("empty-text", `${name} is empty but for a byte order mark`);
}

/** Those of a file. Who gave the name of a corpus instead is told how to. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* readFileInPieces(path);
  } catch (error) {
    const isCorpus = corpora.some((name) => name === path);
    if (!isCorpus || !(error instanceof MynahError) || error.code !== "file-not-found") throw error;
    const words = `${error.message}; the text of that name that comes with mynah is --corpus ${path}`;
    throw new MynahError("file-not-found", words, { cause: error.cause });
  }
}

/** What people call the source. */
export function nameOf(source: Source): string {
  if (source.kind === "corpus") return source.name;
  return source.path === "-" ? "stdin" : basename(source.path);
}

/**
 * The path for a model trained on the source: `out` if given, else the source's name with `.safetensors`, in the current folder.
 *
 * @throws MynahError `missing-option` for stdin, which has no name; `contradictory-options` when the model would overwrite its own text.
 */
export function outputPath(source: Source, out: string | undefined): string {
  if (out === undefined && source.kind === "file" && source.path === "-") {
    throw new MynahError(
      "missing-option",
      "A text from stdin has no name to go by; say with --out where the model goes",
    );
  }
  const name = nameOf(source);
  const path = out ?? `${basename(name, extname(name))}.safetensors`;
  if (source.kind === "file" && realPath(source.path) === realPath(path)) {
    throw new MynahError(
      "contradictory-options",
      `The model would overwrite its own text, ${path}; choose another --out`,
    );
  }
  return path;
}
