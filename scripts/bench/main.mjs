// Benchmarks of our own; people run them, CI does not: shared machines make timed tests fail for no reason.
import { build } from "../build/main.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { setup } from "../setup/main.mjs";

/** @param {string[]} args */
export async function main(args) {
  await build(await setup());
  console.log("");
  const { code } = await run(process.execPath, [inRoot("bench", "training-step.mjs"), ...args]);
  return code;
}
