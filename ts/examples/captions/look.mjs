// A picture as numbers that say what is there, wherever it is, and where it is, whatever it is.
import { randomNumbers, SIZE } from "./pictures.mjs";

/** The ground is no brighter than this; what is brighter belongs to a shape. */
const GROUND = 0.2;

/** Patterns of 3 x 3 dots, drawn by lot; their numbers add up to zero, so that even light says nothing. */
const PATTERNS = Array.from({ length: 16 }, (_, k) => {
  const random = randomNumbers(k);
  const pattern = Array.from({ length: 9 }, () => random() - 0.5);
  const mean = pattern.reduce((sum, value) => sum + value) / 9;
  return pattern.map((value) => value - mean);
});

/**
 * How much of a pattern there is in the picture, wherever it is: the sum of all that answers to it.
 *
 * @param {Float32Array} light
 * @param {number[]} pattern
 */
function answer(light, pattern) {
  let sum = 0;
  for (let y = -1; y <= SIZE; y++) {
    for (let x = -1; x <= SIZE; x++) {
      let here = 0;
      for (const [k, weight] of pattern.entries()) {
        const [column, row] = [x - 1 + (k % 3), y - 1 + Math.floor(k / 3)];
        if (column >= 0 && column < SIZE) here += weight * (light[row * SIZE + column] ?? 0);
      }
      sum += Math.max(0, here);
    }
  }
  return sum;
}

/**
 * The vector of a picture. What is there: the answers to the patterns. Where it is: each row's and each column's part of the light.
 *
 * @param {Float32Array} dots
 */
export function look(dots) {
  const bright = dots.map((dot) => Math.max(0, dot - GROUND));
  const all = bright.reduce((sum, dot) => sum + dot);
  const light = bright.map((dot) => dot / all);
  const rows = Array.from({ length: SIZE }, () => 0);
  const columns = Array.from({ length: SIZE }, () => 0);
  for (const [at, dot] of light.entries()) {
    const [row, column] = [Math.floor(at / SIZE), at % SIZE];
    rows[row] = (rows[row] ?? 0) + dot;
    columns[column] = (columns[column] ?? 0) + dot;
  }
  return [...PATTERNS.map((pattern) => answer(light, pattern)), ...rows, ...columns];
}
