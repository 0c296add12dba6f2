// Builds mynah and measures it beside its peers. Whoever only wants to see what there is needs no build.
import { build } from "../build/main.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { setup } from "../setup/main.mjs";

const MEASURES_NOTHING = ["--list", "--smoke", "--from"];

/** @param {string[]} args flags of bench/peers/main.mjs */
export async function main(args) {
  const isQuick = args.some((arg) => MEASURES_NOTHING.some((flag) => arg.startsWith(flag)));
  if (!isQuick) await build(await setup({ chromium: true }));
  const { code } = await run(process.execPath, [inRoot("bench", "peers", "main.mjs"), ...args]);
  return code;
}
