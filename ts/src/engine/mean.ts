/** Steps that the training loss of a whole run is averaged over: its last. */
export const RECENT_STEPS = 100;

/** The mean of the numbers added since it was last taken. */
export class MeanSinceTaken {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** The mean, `NaN` of nothing; starts over. */
  take(): number {
    const mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    return mean;
  }
}

/** The mean of the last numbers added, so many at most. */
export class MeanOfLast {
  readonly #values: number[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#most) this.#values.shift();
  }

  /** The mean, `NaN` of nothing. */
  get mean(): number {
    return this.#values.reduce((sum, value) => sum + value, 0) / this.#values.length;
  }
}

/** What share of things, since it was last taken, was of a kind. */
export class ShareSinceTaken {
  #ofKind = 0;
  #all = 0;

  add(ofKind: number, all: number): void {
    this.#ofKind += ofKind;
    this.#all += all;
  }

  /** From 0 to 1, `undefined` of nothing; starts over. */
  take(): number | undefined {
    const share = this.#all === 0 ? undefined : this.#ofKind / this.#all;
    [this.#ofKind, this.#all] = [0, 0];
    return share;
  }
}
