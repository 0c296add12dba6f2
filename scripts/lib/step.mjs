// One step on the screen: what is done, how long it may take, how long it took; or that it was done before.
import { duration } from "./text.mjs";

/**
 * @typedef {object} Step
 * @property {string} title what is done, such as "npm packages"
 * @property {string} [expect] how long it may take, such as "about 20 s"
 * @property {() => string | undefined} [done] what there is already, such as "0.2.129 in /usr/bin"; undefined: there is work to do
 * @property {() => Promise<string | void>} work does it; may return a word about the result
 */

/**
 * @param {Step} step
 * @returns {Promise<void>}
 */
export async function step({ title, expect, done, work }) {
  const already = done?.();
  if (already !== undefined) {
    console.log(`✓ ${title}: ${already}`);
    return;
  }
  console.log(`… ${title}${expect === undefined ? "" : ` (${expect})`}`);
  const start = performance.now();
  const result = await work();
  const words = [typeof result === "string" ? result : "", duration(performance.now() - start)];
  console.log(`✓ ${title}: ${words.filter(Boolean).join(", ")}`);
}

/**
 * Says now and then how long a silent piece of work has been going on: a line that rewrites itself on a terminal, and a
 * plain line every half minute elsewhere.
 *
 * @param {(elapsed: number) => string} words makes the line from the milliseconds so far
 * @returns {() => void} ends it
 */
export function liveLine(words) {
  const start = performance.now();
  const terminal = process.stdout.isTTY;
  const timer = setInterval(
    () => {
      const line = `  ${words(performance.now() - start)}`;
      process.stdout.write(terminal ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    terminal ? 1000 : 30_000,
  );
  return () => {
    clearInterval(timer);
    if (terminal) process.stdout.write("\r\u001b[2K");
  };
}
