// The build: Rust -> wasm (twice), TypeScript -> JavaScript, both -> dist/. Each part is skipped when nothing that goes in has changed.
import { withLock } from "../lib/lock.mjs";
import { inRoot } from "../lib/paths.mjs";
import { setup } from "../setup/main.mjs";
import { buildDist } from "./dist.mjs";
import { printSizes } from "./sizes.mjs";
import { compileTypeScript } from "./typescript.mjs";
import { buildWasm } from "./wasm.mjs";

/** @typedef {import("../setup/main.mjs").Ready} Ready */

/**
 * Builds dist/.
 *
 * @param {Ready} ready
 * @param {{ sizes?: boolean }} [options] sizes: print them (default)
 */
export async function build(ready, options = {}) {
  await withLock(inRoot(".tools", "build.lock"), "a build", async () => {
    await buildWasm(ready.env);
    await compileTypeScript();
    await buildDist(ready.env);
  });
  if (options.sizes !== false) printSizes();
}

/** @param {string[]} args */
export async function main(args) {
  await build(await setup(), { sizes: !args.includes("--no-sizes") });
  return 0;
}
