import { ROOT, SuffixAutomaton } from "./suffix-automaton.js";
import { stringsOf } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import type { Overlap, OverlapRun } from "../types.js";

/** Later than any place. */
const NEVER = 2 ** 31 - 1;

const REPLACEMENT = 0xfffd;

/** A part of the text that the corpus has: in symbols of the text, and where the first one in the corpus ends. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly inCorpus: number;
}

/**
 * Finds what a text shares with a corpus, a piece at a time: the text becomes a {@link SuffixAutomaton}, which then reads the corpus. So
 * what it takes besides the two depends on the text alone, and time on both in proportion, whatever stands in them.
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
  /** What remains to be done when both are read. */
  readonly #finding = this.#find();
  #found: Overlap | undefined;

  /** @throws MynahError `text-too-long` for a corpus with places that are later than any. */
  constructor(text: string, source: ResolvedSource, minLength: number) {
    refuseTooLong(source);
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

  /** Looks at so many symbols more, first at those of the text, then of the corpus, then of the text again. What was found once all is. */
  advance(symbols: number): Overlap | undefined {
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
    while (left > 0 && this.#found === undefined) {
      const next = this.#finding.next();
      if (next.done === true) this.#found = next.value;
      left -= 1;
    }
    return this.#found;
  }

  /** Finds the runs. Stops after every symbol, and every state. */
  *#find(): Generator<void, Overlap, undefined> {
    const order = this.#byLength();
    yield* this.#spread(order);
    const nearest = yield* this.#nearestSeen(order);
    const beginnings = this.#documents && beginningsOf(this.#documents);
    const symbols = this.#offsets.length - 1;
    const runs: OverlapRun[] = [];
    let covered = 0;
    let coveredUpTo = 0;
    for (const run of this.#runs(nearest)) {
      yield;
      if (run === undefined) continue;
      covered += run.end - Math.max(run.start, coveredUpTo);
      coveredUpTo = run.end;
      runs.push(this.#describe(run, beginnings));
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
  *#spread(order: Int32Array): Generator<void, void, undefined> {
    const { lengths, links } = this.#automaton;
    for (let i = order.length - 1; i >= 0; i--) {
      yield;
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

  /** The parts of the text that the corpus has and that are not part of a longer one, in their order; between them nothing, symbol by symbol. */
  *#runs(nearest: Int32Array): Generator<Run | undefined, void, undefined> {
    const symbols = this.#offsets.length - 1;
    let state = ROOT;
    let before: Run | undefined;
    for (let end = 1; end <= symbols; end++) {
      state = this.#automaton.next(state, symbolAt(this.#text, this.#offsets[end - 1] ?? 0));
      const seen = nearest[state] ?? ROOT;
      const start = end - (this.#longest[seen] ?? 0);
      // What goes on from the same beginning is part of it.
      yield before !== undefined && start > before.start ? before : undefined;
      const isLong = end - start >= this.#minLength;
      before = isLong ? { start, end, inCorpus: this.#firstEnd[seen] ?? 0 } : undefined;
    }
    yield before;
  }

  /** Of each state: itself, or the state of the longest end of its parts of which the corpus has any; the root for none. */
  *#nearestSeen(order: Int32Array): Generator<void, Int32Array, undefined> {
    const nearest = new Int32Array(this.#automaton.states);
    for (const state of order) {
      yield;
      const link = this.#automaton.links[state] ?? ROOT;
      if ((this.#longest[state] ?? 0) > 0) nearest[state] = state;
      else nearest[state] = link <= ROOT ? ROOT : (nearest[link] ?? ROOT);
    }
    return nearest;
  }

  #describe({ start, end, inCorpus }: Run, beginnings: Float64Array | undefined): OverlapRun {
    const at = this.#offsets[start] ?? 0;
    const text = this.#text.slice(at, this.#offsets[end]);
    const place = inCorpus - text.length;
    const run = { text, at, length: text.length };
    if (beginnings === undefined) return { ...run, inCorpusAt: place };
    const document = lastUpTo(beginnings, place);
    return { ...run, document, inCorpusAt: place - (beginnings[document] ?? 0) };
  }
}

function refuseTooLong(source: ResolvedSource): void {
  const parts: readonly { readonly length: number }[] = source.documents ?? [source.text];
  if (parts.reduce((sum, { length }) => sum + length, 0) < NEVER) return;
  const millions = Math.floor(NEVER / 1e6);
  throw new MynahError("text-too-long", `The corpus has more than ${millions} million characters; split it`);
}

/** Where each document begins, if all stand one behind the other. */
function beginningsOf(documents: readonly string[]): Float64Array {
  let at = 0;
  return Float64Array.from(documents, ({ length }) => {
    at += length;
    return at - length;
  });
}

/** Which of beginnings in their order is the last one up to a place: that of a document which is not empty. */
function lastUpTo(beginnings: Float64Array, place: number): number {
  let low = 0;
  let high = beginnings.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((beginnings[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
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
