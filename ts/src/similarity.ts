import { MynahError } from "./errors.js";

/**
 * How alike two vectors are, such as two embeddings: the cosine of the angle between them, from -1 to 1. 0 where one of them is zero, which
 * has no direction.
 *
 * @throws MynahError `invalid-option` for vectors of different lengths, or of none.
 */
export function similarity(a: Float32Array, b: Float32Array): number {
  if (!(a instanceof Float32Array && b instanceof Float32Array) || a.length !== b.length || a.length === 0) {
    throw new MynahError("invalid-option", "similarity takes two Float32Arrays of the same length");
  }
  let [product, squaresOfA, squaresOfB] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    product += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  const length = Math.sqrt(squaresOfA) * Math.sqrt(squaresOfB);
  // Rounding can lead a little beyond.
  return length === 0 ? 0 : Math.max(-1, Math.min(1, product / length));
}
