const NONE = -1;

/** The state of the empty string. */
export const ROOT = 0;

/**
 * The smallest automaton that knows every part of a text (Blumer et al. 1985): whatever path it has from the root spells a part, and whatever
 * part there is has a path. Each state stands for the parts that end in the same places; its longest one has {@link lengths} symbols, and
 * the longest shorter one that ends in more places belongs to its {@link links}.
 *
 * Takes about 150 bytes for a symbol of the text, and a time in proportion to it.
 */
export class SuffixAutomaton {
  /** Symbols of the longest part of each state. */
  readonly lengths: Int32Array;
  /** Of each state but the root: the one of its longest part that ends in more places. */
  readonly links: Int32Array;
  /** States in use. */
  states = 1;
  /** The state of the whole text so far. */
  #last = ROOT;
  // Edges lie in a hash table, which is never full: there are fewer than 3 for each symbol. Those of one state form a chain.
  readonly #mask: number;
  readonly #from: Int32Array;
  readonly #symbols: Uint32Array;
  readonly #targets: Int32Array;
  readonly #chained: Int32Array;
  readonly #chains: Int32Array;

  /** @param length - symbols of the text, which {@link add} takes one by one */
  constructor(length: number) {
    const states = 2 * length + 1;
    this.lengths = new Int32Array(states);
    this.links = new Int32Array(states).fill(NONE);
    this.#chains = new Int32Array(states).fill(NONE);
    const slots = 2 ** Math.ceil(Math.log2(4 * length + 4));
    this.#mask = slots - 1;
    this.#from = new Int32Array(slots).fill(NONE);
    this.#symbols = new Uint32Array(slots);
    this.#targets = new Int32Array(slots);
    this.#chained = new Int32Array(slots);
  }

  /** The state that a symbol leads to; -1 where that spells no part of the text. */
  next(state: number, symbol: number): number {
    const slot = this.#slotOf(state, symbol);
    return this.#from[slot] === NONE ? NONE : (this.#targets[slot] ?? NONE);
  }

  /** Makes the text one symbol longer. */
  add(symbol: number): void {
    const state = this.#newState(this.#lengthOf(this.#last) + 1);
    let before = this.#last;
    this.#last = state;
    while (before !== NONE && this.next(before, symbol) === NONE) {
      this.#setEdge(before, symbol, state);
      before = this.#linkOf(before);
    }
    this.links[state] = before === NONE ? ROOT : this.#targetAfter(before, symbol);
  }

  /** The state of the longest part that ends with the symbol after `before`: split off, if its state has longer parts. */
  #targetAfter(before: number, symbol: number): number {
    const target = this.next(before, symbol);
    const length = this.#lengthOf(before) + 1;
    if (this.#lengthOf(target) === length) return target;
    const split = this.#newState(length);
    for (let slot = this.#chains[target] ?? NONE; slot !== NONE; slot = this.#chained[slot] ?? NONE) {
      this.#setEdge(split, this.#symbols[slot] ?? 0, this.#targets[slot] ?? ROOT);
    }
    this.links[split] = this.#linkOf(target);
    this.links[target] = split;
    for (let at = before; at !== NONE && this.next(at, symbol) === target; at = this.#linkOf(at)) {
      this.#setEdge(at, symbol, split);
    }
    return split;
  }

  #newState(length: number): number {
    this.lengths[this.states] = length;
    this.states += 1;
    return this.states - 1;
  }

  #lengthOf(state: number): number {
    return this.lengths[state] ?? 0;
  }

  #linkOf(state: number): number {
    return this.links[state] ?? NONE;
  }

  #setEdge(state: number, symbol: number, target: number): void {
    const slot = this.#slotOf(state, symbol);
    this.#targets[slot] = target;
    if (this.#from[slot] === state) return;
    this.#from[slot] = state;
    this.#symbols[slot] = symbol;
    this.#chained[slot] = this.#chains[state] ?? NONE;
    this.#chains[state] = slot;
  }

  /** Where an edge is, or would be. */
  #slotOf(state: number, symbol: number): number {
    // Both multiplied by odd numbers without a pattern (of the golden ratio and of xxHash), so that neighbours fall far apart.
    let hash = Math.imul(state, 0x9e37_79b1) ^ Math.imul(symbol, 0x85eb_ca77);
    hash ^= hash >>> 15;
    let slot = hash & this.#mask;
    while (this.#from[slot] !== NONE && (this.#from[slot] !== state || this.#symbols[slot] !== symbol)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
