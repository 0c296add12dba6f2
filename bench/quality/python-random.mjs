// Python's `random.shuffle`, so that the lists that others have shuffled with it are cut at the same places: the Mersenne Twister
// MT19937 (Matsumoto and Nishimura 1998), seeded as Python seeds it, and its way from bits to a number below n.

const WORDS = 624;
const SHIFT = 397;

export class PythonRandom {
  #state = new Uint32Array(WORDS);
  #next = WORDS;

  /** @param {number} seed of 32 bits */
  constructor(seed) {
    this.#fill(19_650_218);
    const state = this.#state;
    let at = 1;
    for (let left = WORDS; left > 0; left -= 1) {
      state[at] = (state[at] ^ Math.imul(mixed(state[at - 1]), 1_664_525)) + seed;
      at = this.#following(at);
    }
    for (let left = WORDS - 1; left > 0; left -= 1) {
      state[at] = (state[at] ^ Math.imul(mixed(state[at - 1]), 1_566_083_941)) - at;
      at = this.#following(at);
    }
    state[0] = 0x8000_0000;
  }

  /**
   * In place.
   *
   * @param {unknown[]} list
   */
  shuffle(list) {
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = this.#below(last + 1);
      [list[last], list[other]] = [list[other], list[last]];
    }
  }

  /** @param {number} limit above 0 */
  #below(limit) {
    const bits = 32 - Math.clz32(limit);
    for (;;) {
      const value = this.#word() >>> (32 - bits);
      if (value < limit) return value;
    }
  }

  /** @param {number} seed */
  #fill(seed) {
    this.#state[0] = seed;
    for (let i = 1; i < WORDS; i += 1) {
      this.#state[i] = Math.imul(mixed(this.#state[i - 1]), 1_812_433_253) + i;
    }
  }

  /** @param {number} at */
  #following(at) {
    if (at + 1 < WORDS) return at + 1;
    this.#state[0] = this.#state[WORDS - 1];
    return 1;
  }

  #word() {
    if (this.#next === WORDS) this.#twist();
    let word = this.#state[this.#next];
    this.#next += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist() {
    const state = this.#state;
    for (let i = 0; i < WORDS; i += 1) {
      const joined = (state[i] & 0x8000_0000) | (state[(i + 1) % WORDS] & 0x7fff_ffff);
      state[i] = state[(i + SHIFT) % WORDS] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908_b0df : 0);
    }
    this.#next = 0;
  }
}

/** @param {number} word */
const mixed = (word) => word ^ (word >>> 30);
