// The floor that every trained model has to get below: an n-gram model with interpolated modified Kneser-Ney smoothing
// (Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling"), over the same symbols.

/**
 * An n-gram model of sequences of symbols 0, 1, ..., `vocabulary` - 1.
 *
 * The n-grams of every length stand in one tree, each a child of the n-gram without its last symbol, and each with a link to the
 * n-gram without its first symbol, which is what it backs off to.
 */
export class KneserNey {
  #order;
  #vocabulary;
  /** Of a node and a symbol, at node * vocabulary + symbol: the child. Node 0 is the empty n-gram. @type {Map<number, number>} */
  #children = new Map();
  #shorter = [0];
  /** How often each n-gram counts: as often as it occurs for the longest, by how many symbols precede it for the others. */
  #counts;
  /** Over the symbols that follow an n-gram: the sum of their counts, and what discounting them leaves for shorter n-grams. */
  #totals;
  #left;
  /** By length, then by a count of 1, 2, and 3 or more. */
  #discounts;

  /**
   * @param {Iterable<ArrayLike<number>>} sequences
   * @param {number} order symbols of the longest n-gram
   * @param {number} vocabulary
   */
  constructor(sequences, order, vocabulary) {
    [this.#order, this.#vocabulary] = [order, vocabulary];
    const occurrences = [0];
    const depths = [0];
    const parents = [0];
    for (const sequence of sequences) {
      // The nodes of the n-grams that end at the symbol before, by their length.
      let ending = [0];
      for (let at = 0; at < sequence.length; at += 1) {
        const symbol = /** @type {number} */ (sequence[at]);
        const next = [0];
        for (let length = 1; length <= ending.length && length <= order; length += 1) {
          const parent = /** @type {number} */ (ending[length - 1]);
          const key = parent * vocabulary + symbol;
          let node = this.#children.get(key);
          if (node === undefined) {
            node = occurrences.push(0) - 1;
            depths.push(length);
            parents.push(parent);
            this.#shorter.push(/** @type {number} */ (next[length - 1]));
            this.#children.set(key, node);
          }
          occurrences[node] += 1;
          next.push(node);
        }
        ending = next;
      }
    }
    this.#counts = countsOf(occurrences, depths, this.#shorter, order);
    this.#discounts = discountsOf(this.#counts, depths, order);
    const size = occurrences.length;
    [this.#totals, this.#left] = [new Float64Array(size), new Float64Array(size)];
    for (let node = 1; node < size; node += 1) {
      const parent = /** @type {number} */ (parents[node]);
      const count = /** @type {number} */ (this.#counts[node]);
      this.#totals[parent] += count;
      this.#left[parent] += this.#discount(/** @type {number} */ (depths[node]), count);
    }
  }

  /**
   * The mean surprise of all symbols but the first `given` of each sequence, in nats.
   *
   * @param {Iterable<ArrayLike<number>>} sequences
   * @param {number} given
   */
  loss(sequences, given = 1) {
    let [sum, count] = [0, 0];
    for (const sequence of sequences) {
      /** The longest n-gram, shorter than the order, that ends at the symbol before and has been seen. */
      let context = 0;
      let length = 0;
      for (let at = 0; at < sequence.length; at += 1) {
        const symbol = /** @type {number} */ (sequence[at]);
        if (at >= given) {
          sum -= Math.log(this.#probability(context, length, symbol));
          count += 1;
        }
        [context, length] = this.#extend(context, length, symbol);
      }
    }
    return { loss: sum / count, symbols: count };
  }

  /**
   * Of all symbols after a sequence.
   *
   * @param {ArrayLike<number>} sequence
   */
  distribution(sequence) {
    let [context, length] = [0, 0];
    for (let at = 0; at < sequence.length; at += 1) {
      [context, length] = this.#extend(context, length, /** @type {number} */ (sequence[at]));
    }
    return Float64Array.from({ length: this.#vocabulary }, (_, symbol) =>
      this.#probability(context, length, symbol),
    );
  }

  /**
   * @param {number} node
   * @param {number} length its symbols
   * @param {number} symbol the next one
   * @returns {[number, number]}
   */
  #extend(node, length, symbol) {
    for (;;) {
      const child = this.#children.get(node * this.#vocabulary + symbol);
      if (child !== undefined) {
        return length + 1 < this.#order ? [child, length + 1] : [this.#backedOff(child), length];
      }
      if (length === 0) return [0, 0];
      [node, length] = [this.#backedOff(node), length - 1];
    }
  }

  /** @param {number} node */
  #backedOff(node) {
    return /** @type {number} */ (this.#shorter[node]);
  }

  /**
   * @param {number} context
   * @param {number} length its symbols
   * @param {number} symbol
   * @returns {number}
   */
  #probability(context, length, symbol) {
    const shorter =
      length === 0 ? 1 / this.#vocabulary : this.#probability(this.#backedOff(context), length - 1, symbol);
    const total = /** @type {number} */ (this.#totals[context]);
    if (total === 0) return shorter;
    const child = this.#children.get(context * this.#vocabulary + symbol);
    const count = child === undefined ? 0 : /** @type {number} */ (this.#counts[child]);
    const left = /** @type {number} */ (this.#left[context]);
    return (count - this.#discount(length + 1, count) + left * shorter) / total;
  }

  /**
   * @param {number} length of the n-gram
   * @param {number} count
   */
  #discount(length, count) {
    if (count === 0) return 0;
    return /** @type {number} */ (this.#discounts[length]?.[Math.min(count, 3) - 1]);
  }
}

/**
 * Shorter n-grams count once for each symbol that precedes them; where they only begin sequences, as often as that.
 *
 * @param {number[]} occurrences
 * @param {number[]} depths
 * @param {number[]} shorter
 * @param {number} order
 */
function countsOf(occurrences, depths, shorter, order) {
  const counts = new Float64Array(occurrences.length);
  for (let node = 1; node < counts.length; node += 1) {
    counts[/** @type {number} */ (shorter[node])] += 1;
  }
  counts[0] = 0;
  for (let node = 1; node < counts.length; node += 1) {
    if (depths[node] === order || counts[node] === 0)
      counts[node] = /** @type {number} */ (occurrences[node]);
  }
  return counts;
}

/**
 * The closed form of Chen and Goodman, from how many n-grams count 1, 2, 3 and 4; half a count where there are none of one of them.
 *
 * @param {Float64Array} counts
 * @param {number[]} depths
 * @param {number} order
 */
function discountsOf(counts, depths, order) {
  const having = Array.from({ length: order + 1 }, () => [0, 0, 0, 0]);
  for (let node = 1; node < counts.length; node += 1) {
    const count = /** @type {number} */ (counts[node]);
    const row = /** @type {number[]} */ (having[/** @type {number} */ (depths[node])]);
    if (count <= 4) row[count - 1] += 1;
  }
  return having.map(([one = 0, two = 0, three = 0, four = 0]) => {
    if (one * two * three * four === 0) return [0.5, 0.5, 0.5];
    const share = one / (one + 2 * two);
    return [1 - (2 * share * two) / one, 2 - (3 * share * three) / two, 3 - (4 * share * four) / three];
  });
}
