import { ROOT, SuffixAutomaton } from "./suffix-automaton.js";
import { stringsOf } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import type { Overlap, OverlapRun } from "../types.js";

/** Later than any place. */
const NEVER = 2 ** 31 - 1;

const REPLACEMENT = 0xfffd;

/**
 * Finds what a text shares with a corpus, a piece at a time: the text becomes a {@link SuffixAutomaton}, which then reads the corpus. So
 * memory depends on the text alone, and time on both in proportion, whatever stands in them.
 */
export class OverlapSearch {
  readonly #text: string;
  readonly #minLength: number;
  /** Where the corpus is a list. */
  readonly #documents: readonly string[] | undefined;
  /** The corpus as it comes: its documents, or the pieces of one text, over whose ends a run may go. */
  readonly #pieces: Iterator<string, unknown>;
  /** Of each symbol of the text, and of its end, where it begins in the string. */
  readonly #offsets: Int32Array;
  readonly #automaton: SuffixAutomaton;
  /** Of each state: the longest part of it that the corpus has, and where that first ends. */
  readonly #longest: Int32Array;
  readonly #firstEnd: Int32Array;
  /** Where the corpus first had any part of it. */
  readonly #firstSeen: Int32Array;
  // How far it is: in the text, then in the corpus.
  #added = 0;
  #piece = "";
  #at = 0;
  /** Where the piece begins, if all stand one behind the other. */
  #base = 0;
  #isRead = false;
  #state = ROOT;
  #length = 0;

  constructor(text: string, source: ResolvedSource, minLength: number) {
    this.#text = text;
    this.#minLength = minLength;
    this.#documents = source.documents;
    this.#pieces =
      source.documents === undefined ? stringsOf(source.text) : source.documents[Symbol.iterator]();
    this.#offsets = offsetsOf(text);
    const symbols = this.#offsets.length - 1;
    this.#automaton = new SuffixAutomaton(symbols);
    const states = 2 * symbols + 1;
    this.#longest = new Int32Array(states);
    this.#firstEnd = new Int32Array(states).fill(NEVER);
    this.#firstSeen = new Int32Array(states).fill(NEVER);
  }

  /** Looks at so many symbols more; whether all is found. */
  advance(symbols: number): boolean {
    let left = symbols;
    while (left > 0 && this.#added < this.#offsets.length - 1) {
      this.#automaton.add(symbolAt(this.#text, this.#offsets[this.#added] ?? 0));
      this.#added += 1;
      left -= 1;
    }
    while (left > 0 && !this.#isRead) {
      if (this.#at < this.#piece.length) this.#read();
      else this.#nextPiece();
      left -= 1;
    }
    return this.#isRead;
  }

  /** What was found, once {@link advance} has said that all is. */
  result(): Overlap {
    this.#spread();
    const symbols = this.#offsets.length - 1;
    const runs: OverlapRun[] = [];
    let covered = 0;
    let coveredUpTo = 0;
    for (const { start, end, inCorpus } of this.#runs()) {
      covered += end - Math.max(start, coveredUpTo);
      coveredUpTo = end;
      runs.push(this.#describe(start, end, inCorpus));
    }
    // Of equals the first: runs are found in their order.
    runs.sort((a, b) => b.length - a.length);
    return { runs, symbols, covered, share: symbols === 0 ? 0 : covered / symbols };
  }

  /** One symbol of the corpus: on along the automaton, or first back to shorter parts until one goes on. */
  #read(): void {
    const symbol = symbolAt(this.#piece, this.#at);
    this.#at += symbol > 0xffff ? 2 : 1;
    const { lengths, links } = this.#automaton;
    let next = this.#automaton.next(this.#state, symbol);
    while (next < 0 && this.#state !== ROOT) {
      this.#state = links[this.#state] ?? ROOT;
      this.#length = lengths[this.#state] ?? 0;
      next = this.#automaton.next(this.#state, symbol);
    }
    if (next < 0) return;
    this.#state = next;
    this.#length += 1;
    this.#note(this.#base + this.#at);
  }

  #note(end: number): void {
    const state = this.#state;
    if (this.#firstSeen[state] === NEVER) this.#firstSeen[state] = end;
    if (this.#length > (this.#longest[state] ?? 0)) {
      this.#longest[state] = this.#length;
      this.#firstEnd[state] = end;
    }
  }

  #nextPiece(): void {
    const next = this.#pieces.next();
    this.#isRead = next.done === true;
    this.#base += this.#piece.length;
    this.#piece = next.done === true ? "" : next.value;
    this.#at = 0;
    if (this.#documents === undefined) return;
    this.#state = ROOT;
    this.#length = 0;
  }

  /** Tells every state of what its longer relatives have seen: where they end, its own parts end, too. */
  #spread(): void {
    const { lengths, links } = this.#automaton;
    const order = this.#byLength();
    for (let i = order.length - 1; i >= 0; i--) {
      const state = order[i] ?? ROOT;
      const link = links[state] ?? ROOT;
      const seen = this.#firstSeen[state] ?? NEVER;
      if (link <= ROOT || seen === NEVER) continue;
      const length = lengths[link] ?? 0;
      const isWhole = this.#longest[link] === length;
      this.#longest[link] = length;
      this.#firstEnd[link] = Math.min(isWhole ? (this.#firstEnd[link] ?? NEVER) : NEVER, seen);
      this.#firstSeen[link] = Math.min(this.#firstSeen[link] ?? NEVER, seen);
    }
  }

  /** The states, those with short parts first. */
  #byLength(): Int32Array {
    const { lengths, states } = this.#automaton;
    const starts = new Int32Array(this.#offsets.length + 1);
    for (let state = 0; state < states; state++) {
      const after = (lengths[state] ?? 0) + 1;
      starts[after] = (starts[after] ?? 0) + 1;
    }
    for (let length = 1; length < starts.length; length++) {
      starts[length] = (starts[length] ?? 0) + (starts[length - 1] ?? 0);
    }
    const order = new Int32Array(states);
    for (let state = 0; state < states; state++) {
      const length = lengths[state] ?? 0;
      const place = starts[length] ?? 0;
      order[place] = state;
      starts[length] = place + 1;
    }
    return order;
  }

  /**
   * The parts of the text that the corpus has and that are not part of a longer one, in their order; in symbols of the text, and where
   * the first one in the corpus ends.
   */
  *#runs(): Generator<{ start: number; end: number; inCorpus: number }> {
    const nearest = this.#nearestSeen();
    const symbols = this.#offsets.length - 1;
    let state = ROOT;
    let before: { start: number; end: number; inCorpus: number } | undefined;
    for (let end = 1; end <= symbols; end++) {
      state = this.#automaton.next(state, symbolAt(this.#text, this.#offsets[end - 1] ?? 0));
      const seen = nearest[state] ?? ROOT;
      const start = end - (this.#longest[seen] ?? 0);
      // What goes on from the same beginning is part of it.
      if (before !== undefined && start > before.start) yield before;
      const isLong = end - start >= this.#minLength;
      before = isLong ? { start, end, inCorpus: this.#firstEnd[seen] ?? 0 } : undefined;
    }
    if (before !== undefined) yield before;
  }

  /** Of each state: itself, or the state of the longest end of its parts of which the corpus has any; the root for none. */
  #nearestSeen(): Int32Array {
    const nearest = new Int32Array(this.#automaton.states);
    for (const state of this.#byLength()) {
      const link = this.#automaton.links[state] ?? ROOT;
      if ((this.#longest[state] ?? 0) > 0) nearest[state] = state;
      else nearest[state] = link <= ROOT ? ROOT : (nearest[link] ?? ROOT);
    }
    return nearest;
  }

  #describe(start: number, end: number, inCorpus: number): OverlapRun {
    const at = this.#offsets[start] ?? 0;
    const text = this.#text.slice(at, this.#offsets[end]);
    const place = inCorpus - text.length;
    const run = { text, at, length: text.length };
    if (this.#documents === undefined) return { ...run, inCorpusAt: place };
    const { document, base } = documentAt(this.#documents, place);
    return { ...run, document, inCorpusAt: place - base };
  }
}

/** Which document has a place, if all stand one behind the other, and where it begins. */
function documentAt(documents: readonly string[], place: number): { document: number; base: number } {
  let base = 0;
  for (const [document, { length }] of documents.entries()) {
    if (place < base + length) return { document, base };
    base += length;
  }
  return { document: 0, base: 0 };
}

/** Where each symbol begins, and where the last one ends. */
function offsetsOf(text: string): Int32Array {
  const offsets = new Int32Array(text.length + 1);
  let symbols = 0;
  for (let at = 0; at < text.length; at += symbolAt(text, at) > 0xffff ? 2 : 1) {
    offsets[symbols] = at;
    symbols += 1;
  }
  offsets[symbols] = text.length;
  return offsets.slice(0, symbols + 1);
}

/** Half of a surrogate pair counts as U+FFFD, as everywhere. */
function symbolAt(text: string, at: number): number {
  const symbol = text.codePointAt(at) ?? REPLACEMENT;
  return symbol >= 0xd800 && symbol <= 0xdfff ? REPLACEMENT : symbol;
}
