// What every JavaScript peer is given: the text as numbers, random windows of it, and the draw of the next symbol.
// Runs in Node and in a page alike.
import { generator } from "../../lib/random.mjs";

/** Share of the text that is trained on. */
const TRAINED = 0.9;

/** Of the draw, in all peers. */
export const TEMPERATURE = 0.8;

/**
 * The symbols of a text as numbers.
 *
 * @param {string} text
 */
export function encode(text) {
  const symbols = [...new Set(text)].toSorted();
  const numbers = new Map(symbols.map((symbol, i) => [symbol, i]));
  return { symbols, ids: Int32Array.from(text, (symbol) => numbers.get(symbol) ?? 0) };
}

/**
 * Random windows of the first 90 % of the text: inputs and, one symbol further, targets; both [batch, length].
 *
 * @param {Int32Array} ids
 * @param {{ batchSize: number, seqLength: number }} sizes
 */
export function windowsOf(ids, { batchSize, seqLength }) {
  const random = generator();
  const starts = Math.floor(ids.length * TRAINED) - seqLength - 1;
  return () => {
    const inputs = new Int32Array(batchSize * seqLength);
    const targets = new Int32Array(batchSize * seqLength);
    for (let b = 0; b < batchSize; b++) {
      const start = Math.floor(random() * starts);
      inputs.set(ids.subarray(start, start + seqLength), b * seqLength);
      targets.set(ids.subarray(start + 1, start + 1 + seqLength), b * seqLength);
    }
    return { inputs, targets };
  };
}

/**
 * Draws one symbol for each row of logits [rows, vocabulary], from their softmax at {@link TEMPERATURE}.
 *
 * @param {Float32Array} logits
 * @param {number} rows
 * @param {() => number} random
 * @param {Int32Array} drawn [rows], overwritten
 */
export function draw(logits, rows, random, drawn) {
  const size = logits.length / rows;
  for (let row = 0; row < rows; row++) {
    const of = logits.subarray(row * size, (row + 1) * size);
    let most = -Infinity;
    for (let i = 0; i < size; i++) most = Math.max(most, of[i]);
    let total = 0;
    for (let i = 0; i < size; i++) total += of[i] = Math.exp((of[i] - most) / TEMPERATURE);
    let left = random() * total;
    let symbol = 0;
    while (symbol < size - 1 && (left -= of[symbol]) > 0) symbol++;
    drawn[row] = symbol;
  }
}
