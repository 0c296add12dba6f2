import { drawLine, VALUES_PER_COLUMN, type Scale } from "./braille.js";

// Finer than a terminal shows, and little to keep for a run of days.
const BINS = 512;

// The loss falls most in the first moments, and what comes after is what one watches.
const FIRST_FALL = 0.1;
const ENOUGH_VALUES = 10;

/** The course of the loss over a run, gathered in a fixed number of bins. */
export class LossHistory {
  readonly #sums = new Float64Array(BINS);
  readonly #counts = new Uint32Array(BINS);
  #latest: number | undefined;

  /** `fractionDone`: place in the run, from 0 to 1. */
  add(fractionDone: number, loss: number): void {
    const bin = Math.min(BINS - 1, Math.floor(fractionDone * BINS));
    this.#sums[bin] = (this.#sums[bin] ?? 0) + loss;
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    this.#latest = loss;
  }

  /** The loss added last. */
  get latest(): number | undefined {
    return this.#latest;
  }

  /**
   * Mean loss in so many equal parts of the run. A part without a value of its own takes the one before it; the parts after the last
   * value, and those before the first, are `undefined`.
   */
  resample(parts: number): (number | undefined)[] {
    const values: (number | undefined)[] = Array.from({ length: parts }, () => undefined);
    const sums = new Float64Array(parts);
    const counts = new Uint32Array(parts);
    let last = -1;
    for (let bin = 0; bin < BINS; bin++) {
      const part = Math.floor((bin * parts) / BINS);
      sums[part] = (sums[part] ?? 0) + (this.#sums[bin] ?? 0);
      counts[part] = (counts[part] ?? 0) + (this.#counts[bin] ?? 0);
      if (this.#counts[bin]) last = part;
    }
    for (let part = 0; part <= last; part++) {
      const count = counts[part] ?? 0;
      values[part] = count > 0 ? (sums[part] ?? 0) / count : values[part - 1];
    }
    return values;
  }
}

/** A drawn curve: rows of braille characters from the top, and the values that the top and bottom edges stand for. */
export interface LossCurve extends Scale {
  readonly rows: readonly string[];
}

/**
 * Draws the course of the loss, `columns` by `rows` characters; `undefined` while there is nothing to draw. The steep fall at the
 * beginning is left out above the rest of the curve, and the scale reaches down to the latest loss.
 */
export function drawLossCurve(history: LossHistory, columns: number, rows: number): LossCurve | undefined {
  const values = withoutFirstFall(history.resample(columns * VALUES_PER_COLUMN));
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const highest = Math.max(...known);
  // The latest loss is shown in figures beside the curve, and may be below the mean over its part of the run.
  const lowest = Math.min(...known, history.latest ?? Infinity);
  return { rows: drawLine(values, rows, { highest, lowest }), highest, lowest };
}

/** Without those of the first values that are above all the later ones: they would press the rest flat. */
function withoutFirstFall(values: readonly (number | undefined)[]): (number | undefined)[] {
  const known = values.filter((value) => value !== undefined);
  if (known.length < ENOUGH_VALUES) return [...values];
  const first = values.findIndex((value) => value !== undefined);
  const kept = first + Math.ceil(known.length * FIRST_FALL);
  const highest = Math.max(...values.slice(kept).filter((value) => value !== undefined));
  return values.map((value, i) => (i < kept && value !== undefined && value > highest ? undefined : value));
}
