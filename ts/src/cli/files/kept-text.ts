import { nextTask } from "#platform";
import { readInPieces, type Source } from "./training-source.js";
import { collectText, stringsOf, type ReadText } from "../../corpora/read-text.js";
import { resolveSource, type ResolvedSource } from "../../corpora/text-source.js";
import type { TextSource } from "../../index.js";

// In UTF-16 units.
const BEGINNING = 10_000;

/** A text that several calls read, kept as UTF-8: as a string a long one would take several times the memory, or be too long. */
export class KeptText {
  /** Unicode scalar values, which are the model's symbols. */
  readonly symbols: number;
  /** What it begins with. */
  readonly beginning: string;
  readonly #text: ReadText;

  private constructor(text: ReadText) {
    this.symbols = text.pieces.reduce((sum, piece) => sum + symbolsIn(piece), 0);
    this.beginning = new TextDecoder("utf-8", { ignoreBOM: true }).decode(text.pieces[0]).slice(0, BEGINNING);
    this.#text = text;
  }

  /**
   * Reads a file, stdin or a corpus.
   *
   * @throws as {@link readInPieces} does.
   */
  static async read(source: Source): Promise<KeptText> {
    return new KeptText(await collectText(readInPieces(source), "the text"));
  }

  /** As the library takes it, any number of times: as one text, or with `isList` each of its lines by itself, but for the empty ones. */
  asSource(isList: boolean): TextSource {
    const strings = { [Symbol.asyncIterator]: () => this.#strings() };
    return isList ? { documents: strings } : { text: strings };
  }

  /** What {@link asSource} comes to, to plan by: only lines are read anew for it. Nobody may hand it over to another thread. */
  async resolve(isList: boolean, signal: AbortSignal): Promise<ResolvedSource> {
    return isList ? resolveSource(this.asSource(true), signal) : { text: this.#text };
  }

  async *#strings(): AsyncGenerator<string, void, undefined> {
    for (const string of stringsOf(this.#text)) {
      // Whoever wants to stop the reading gets a turn.
      await nextTask();
      yield string;
    }
  }
}

function symbolsIn(piece: Uint8Array): number {
  let symbols = 0;
  // A symbol has one byte that does not go on with another one.
  for (const byte of piece) if ((byte & 0xc0) !== 0x80) symbols += 1;
  return symbols;
}
