import type { Alternative, Score } from "../../types.js";

/** What people are shown of a score. */
export interface Surprises extends Pick<Score, "bits" | "ranks" | "alternatives"> {
  /** Those of a document without its end. */
  readonly symbols: readonly string[];
}

/** Makes one of symbols that are a character only together: as surprising as all of them, with the alternatives of the first. */
export function joinParts(given: readonly string[], { bits, ranks, alternatives }: Score): Surprises {
  const symbols: string[] = [];
  const sums: number[] = [];
  const worst: number[] = [];
  const instead: (readonly Alternative[])[] = [];
  let isPart = false;
  for (const [at, more] of bits.entries()) {
    const last = sums.length - 1;
    if (isPart) {
      sums[last] = (sums[last] ?? 0) + more;
      worst[last] = Math.max(worst[last] ?? 0, ranks[at] ?? 0);
    } else {
      sums.push(more);
      worst.push(ranks[at] ?? 0);
      instead.push(alternatives?.[at] ?? []);
    }
    const symbol = given[at];
    isPart = symbol === "";
    if (symbol !== undefined && !isPart) symbols.push(symbol);
  }
  return {
    symbols,
    bits: Float32Array.from(sums),
    ranks: Uint32Array.from(worst),
    ...(alternatives === undefined ? {} : { alternatives: instead }),
  };
}
