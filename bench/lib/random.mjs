// Random numbers that are the same in every process, in Node and in a page alike.

/** A linear congruential generator modulo 2^32 (Numerical Recipes' constants); values in [0, 1). */
export function generator(seed = 1) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
