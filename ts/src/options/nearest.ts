/** The candidate that a misspelt name most likely meant, or `undefined` when none is close. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = bare(name);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = distanceOf(wanted, bare(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  // A third of the letters wrong, and two in a short word, is still a slip of the keyboard; more is another word.
  return bestDistance <= Math.max(2, Math.floor(wanted.length / 3)) && bestDistance < wanted.length
    ? best
    : undefined;
}

/** The distance of two names; that of `maxLength` to `length`, which it ends with, is small, but not as small as a slip of one letter. */
function distanceOf(wanted: string, candidate: string): number {
  const isLongerName = wanted.endsWith(candidate) && 2 * candidate.length > wanted.length;
  return Math.min(editDistance(wanted, candidate), isLongerName ? 1.5 : Infinity);
}

/** Spelling without what differs between `hiddenSize`, `hidden_size` and `--hidden-size`. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Levenshtein distance: insertions, deletions and substitutions of one letter. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
