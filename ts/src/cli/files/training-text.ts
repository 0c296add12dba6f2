import type { Source } from "./training-source.js";
import { collectText } from "../../corpora/read-text.js";
import { Utf8Reader } from "../../corpora/utf8-reader.js";
import { readFileInPieces } from "../../files/read-file.js";
import { loadCorpus, type TextSource } from "../../index.js";

// In UTF-16 units.
const BEGINNING = 10_000;

/** The text of a training, kept as UTF-8: as a string a long one would take several times the memory, or be too long. */
export class TrainingText {
  /** Unicode scalar values, which are the model's symbols. */
  readonly symbols: number;
  /** What it begins with. */
  readonly beginning: string;
  readonly #bytes: Blob;

  private constructor(pieces: readonly Uint8Array<ArrayBuffer>[]) {
    this.symbols = pieces.reduce((sum, piece) => sum + symbolsIn(piece), 0);
    this.beginning = new TextDecoder().decode(pieces[0]).slice(0, BEGINNING);
    this.#bytes = new Blob([...pieces]);
  }

  /**
   * Reads a file, stdin or a corpus.
   *
   * @throws MynahError `file-not-found`, `is-a-directory`, `unreadable-file`, `empty-text`, `binary-file`, `invalid-utf8` or `unknown-corpus`.
   */
  static async read(source: Source): Promise<TrainingText> {
    const { pieces } = await collectText(piecesOf(source), nameForErrors(source));
    return new TrainingText(pieces);
  }

  /** As the library takes it: as one text, or with `isList` each of its lines by itself, but for the empty ones. */
  asSource(isList: boolean): TextSource {
    return isList ? { documents: this.#bytes } : { text: this.#bytes };
  }
}

async function* piecesOf(source: Source): AsyncGenerator<string, void, undefined> {
  if (source.kind === "corpus") {
    yield loadCorpus(source.name);
    return;
  }
  const reader = new Utf8Reader(nameForErrors(source));
  for await (const bytes of source.path === "-" ? process.stdin : readFileInPieces(source.path)) {
    yield reader.read(bytes as Uint8Array);
  }
  reader.end();
}

function nameForErrors(source: Source): string {
  if (source.kind === "corpus") return source.name;
  return source.path === "-" ? "stdin" : source.path;
}

function symbolsIn(piece: Uint8Array): number {
  let symbols = 0;
  // A symbol has one byte that does not go on with another one.
  for (const byte of piece) if ((byte & 0xc0) !== 0x80) symbols += 1;
  return symbols;
}
