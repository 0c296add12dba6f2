// Warm-up and measuring, the same for every JavaScript peer, in Node and in a page.

/** Before the first measurement: so many steps and seconds, or so many seconds where the steps are long. */
const WARM_UP = { steps: 3, seconds: 1, atMostSeconds: 8 };

/**
 * What is measured: a step of training, or of sampling.
 *
 * @typedef {object} Subject
 * @property {() => Promise<number> | number} step does one and returns the symbols that it covered
 * @property {(budget: number) => Promise<Span>} [measure] for one whose steps are taken elsewhere, as in a page
 * @property {() => Promise<void> | void} [close]
 */

/**
 * What was done in a span of time.
 *
 * @typedef {{ steps: number, symbols: number, seconds: number, processorSeconds?: number }} Span
 */

/**
 * Repeats steps for a span of time, once at least.
 *
 * @param {Subject} subject
 * @param {(steps: number, seconds: number) => boolean} isOver
 */
async function repeat(subject, isOver) {
  const begin = performance.now();
  for (let steps = 1, symbols = 0; ; steps++) {
    // Not every step is a promise, and waiting for what is none would cost the fast ones time.
    const covered = subject.step();
    symbols += typeof covered === "number" ? covered : await covered;
    const seconds = (performance.now() - begin) / 1000;
    if (isOver(steps, seconds)) return { steps, symbols, seconds };
  }
}

/** @param {Subject} subject */
export const warmUp = (subject) =>
  repeat(
    subject,
    (steps, seconds) =>
      (steps >= WARM_UP.steps && seconds >= WARM_UP.seconds) || seconds >= WARM_UP.atMostSeconds,
  );

/**
 * @param {Subject} subject
 * @param {number} budget in seconds
 */
export const measure = (subject, budget) => repeat(subject, (_, seconds) => seconds >= budget);
