import { MynahError } from "./errors.js";
import { shown } from "./options/check.js";

/**
 * How alike two vectors are, such as two embeddings: the cosine of the angle between them, from -1 to 1. 0 where one of them is zero, which
 * has no direction.
 *
 * @throws MynahError `invalid-option` for vectors of different lengths, or of none, and for a number in them that is not finite.
 */
export function similarity(a: Float32Array, b: Float32Array): number {
  for (const vector of [a, b]) {
    const isRight = vector instanceof Float32Array && vector.every(Number.isFinite);
    if (!isRight) throw refused(`got ${shown(vector)}`);
  }
  if (a.length !== b.length || a.length === 0) throw refused(`got ${a.length} and ${b.length} numbers`);
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

function refused(why: string): MynahError {
  const words = "similarity takes two Float32Arrays of the same length, of finite numbers";
  return new MynahError("invalid-option", `${words}; ${why}`);
}
