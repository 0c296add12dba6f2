// Builds mynah, and tries the packed package wherever it should run.
import { build } from "../build/main.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { setup } from "../setup/main.mjs";

/** @param {string[]} args names of rows, or --list */
export async function main(args) {
  if (!args.includes("--list")) await build(await setup({ chromium: true }), { sizes: false });
  const { code } = await run(process.execPath, [inRoot("test", "matrix", "main.mjs"), ...args]);
  return code;
}
