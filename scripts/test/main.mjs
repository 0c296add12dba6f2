// Runs the suites one after another, goes on after one that fails, and ends with the tally of all of them.
import { build } from "../build/main.mjs";
import { Stop } from "../lib/stop.mjs";
import { duration } from "../lib/text.mjs";
import { setup } from "../setup/main.mjs";
import { suites } from "./suites.mjs";
import { add, closingLine, describe, NOTHING } from "./tally.mjs";

/**
 * @param {string[]} names of suites; none: all
 */
export async function main(names) {
  const chosen = choose(names);
  const start = performance.now();
  const ready = await setup({ chromium: chosen.some((suite) => suite.needs.includes("chromium")) });
  if (chosen.some((suite) => suite.needs.includes("dist"))) await build(ready);
  let total = NOTHING;
  const lines = [];
  for (const suite of chosen) {
    console.log(`\n=== ${suite.name}: ${suite.title}`);
    const begin = performance.now();
    const counts = await suite.run(ready);
    total = add(total, counts);
    const line = `${suite.name}: ${describe(counts)}, ${duration(performance.now() - begin)}`;
    lines.push(line);
    console.log(`=== ${line}`);
  }
  console.log(`\nAll suites, ${duration(performance.now() - start)}:\n  ${lines.join("\n  ")}`);
  if (ready.whyNoChromium !== undefined && total.skipped > 0) {
    console.log(`\nTests in Chromium were skipped: ${ready.whyNoChromium}.`);
  }
  console.log(`\n${closingLine(total)}`);
  return total.failed > 0 ? 1 : 0;
}

/** @param {string[]} names */
function choose(names) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = suites.map((suite) => suite.name).join(", ");
    throw new Stop(`There is no suite ${unknown.join(" or ")}: the suites are ${known}.`, 2);
  }
  return names.length === 0 ? suites : suites.filter((suite) => names.includes(suite.name));
}
