// Builds mynah and measures what it learns. Whoever only wants to see what there is needs no build.
import { build } from "../build/main.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { setup } from "../setup/main.mjs";

/** @param {string[]} args flags of bench/quality/main.mjs */
export async function main(args) {
  if (args.some((arg) => arg.startsWith("--only"))) await build(await setup());
  const { code } = await run(process.execPath, [inRoot("bench", "quality", "main.mjs"), ...args]);
  return code;
}
