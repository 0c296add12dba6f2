import { nextTask } from "#platform";

/** Symbols of the longest context that is counted. */
const LONGEST_CONTEXT = 4;

/** Symbols between two breathers, so that a page stays smooth. */
const SLICE = 5000;

/** UTF-16 units that are looked at at most: more would tell little more, and take seconds. */
export const MOST_COUNTED = 200_000;

/** The share that is only foreseen. */
const HELD_OUT = 0.1;

/** What followed a context, and how often. */
interface Followers {
  total: number;
  readonly counts: Map<string, number>;
}

/**
 * How well mere counting foresees the last tenth of a text from the rest, in nats per symbol: 5-grams with Witten and Bell's smoothing
 * (1991). What a model comes to has much to do with it. `undefined` for a text of less than two symbols.
 */
export async function lossOfCounting(text: string): Promise<number | undefined> {
  const symbols = Array.from(text.slice(0, MOST_COUNTED));
  const end = Math.floor(symbols.length * (1 - HELD_OUT));
  if (end < 1 || end === symbols.length) return undefined;
  const alphabet = new Set(symbols).size + 1;
  const contexts = new Map<string, Followers>();
  for (let at = 0; at < end; at += 1) {
    for (const context of contextsOf(symbols, at)) count(contexts, context, symbols[at] ?? "");
    if (at % SLICE === SLICE - 1) await nextTask();
  }
  let loss = 0;
  for (let at = end; at < symbols.length; at += 1) {
    let chance = 1 / alphabet;
    for (const context of contextsOf(symbols, at)) {
      const followers = contexts.get(context);
      if (followers === undefined) break;
      const { total, counts } = followers;
      chance = ((counts.get(symbols[at] ?? "") ?? 0) + counts.size * chance) / (total + counts.size);
    }
    loss -= Math.log(chance);
    if (at % SLICE === SLICE - 1) await nextTask();
  }
  return loss / (symbols.length - end);
}

/** What stands before a place, from nothing to {@link LONGEST_CONTEXT} symbols. */
function contextsOf(symbols: readonly string[], at: number): string[] {
  const contexts = [""];
  for (let length = 1; length <= Math.min(LONGEST_CONTEXT, at); length += 1) {
    contexts.push((symbols[at - length] ?? "") + (contexts.at(-1) ?? ""));
  }
  return contexts;
}

function count(contexts: Map<string, Followers>, context: string, symbol: string): void {
  let followers = contexts.get(context);
  if (followers === undefined) {
    followers = { total: 0, counts: new Map() };
    contexts.set(context, followers);
  }
  followers.total += 1;
  followers.counts.set(symbol, (followers.counts.get(symbol) ?? 0) + 1);
}
