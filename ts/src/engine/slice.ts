/**
 * Length of a slice of work, in milliseconds: after it, messages and timers get their turn. Short enough for an abort to be
 * answered at once, long enough for the round trip between slices (about 0.2 ms) not to count.
 */
export const CHUNK_MILLISECONDS = 50;

/** Length of a slice of writing: shorter, so that text appears as it is written. */
export const SAMPLE_CHUNK_MILLISECONDS = 16;

/** {@link workFor}, with work that waits for others, by a clock of its own. */
export async function workTogetherFor(
  milliseconds: number,
  now: () => number,
  piece: () => Promise<boolean>,
): Promise<void> {
  const end = now() + milliseconds;
  while ((await piece()) && now() < end);
}

/** Repeats a piece of work, once at least, until it returns `false` or the time is over. */
export function workFor(milliseconds: number, piece: () => boolean): void {
  const end = performance.now() + milliseconds;
  while (piece() && performance.now() < end);
}
