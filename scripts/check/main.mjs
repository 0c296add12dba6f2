// Every check, one after another; one that fails does not keep the next from telling what it has found.
import { build } from "../build/main.mjs";
import { wasmBuilds, wasmEnv, wasmTarget } from "../build/wasm-builds.mjs";
import { tsc } from "../build/typescript.mjs";
import { inRoot } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { duration } from "../lib/text.mjs";
import { setup } from "../setup/main.mjs";
import { findMissingEquations } from "./equations.mjs";
import { findForeignPlaces } from "./foreign-places.mjs";
import { oxlint, prettier } from "./programs.mjs";
import { findVersionMismatches } from "./versions.mjs";

/** The crates that are compiled to wasm; crates/testing only serves the tests. */
const WASM_CRATES = ["-p", "mynah-kernels", "-p", "mynah-nn", "-p", "mynah-wasm"];
const DENY = ["--", "-D", "warnings"];

/** @typedef {{ name: string, run: (env: NodeJS.ProcessEnv) => Promise<boolean> }} Check */

/**
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {(env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv} [change] of the environment
 * @returns {Check}
 */
const program = (name, command, args, change = (env) => env) => ({
  name,
  run: async (env) => (await run(command, args, { env: change(env) })).code === 0,
});

/**
 * @param {string} name
 * @param {() => string[]} find
 * @returns {Check}
 */
const finding = (name, find) => ({
  name,
  run: async () => {
    const found = find();
    for (const line of found) console.log(line);
    return found.length === 0;
  },
});

/** @type {readonly Check[]} */
const checks = [
  program("rustfmt", "cargo", ["fmt", "--all", "--check"]),
  program("clippy, native", "cargo", ["clippy", "--quiet", "--workspace", "--all-targets", ...DENY]),
  ...wasmBuilds.map((it) =>
    program(
      `clippy, ${it.name} build`,
      "cargo",
      ["clippy", "--quiet", "--target", wasmTarget, ...WASM_CRATES, "--all-targets", ...DENY],
      (env) => wasmEnv(it, env),
    ),
  ),
  program("rustdoc", "cargo", ["doc", "--quiet", "--workspace", "--no-deps"], (env) => ({
    ...env,
    RUSTDOCFLAGS: "-D warnings",
  })),
  program("types of the scripts", process.execPath, [tsc, "-p", inRoot("scripts")]),
  program("types of the examples", process.execPath, [tsc, "-p", inRoot("ts", "examples")]),
  program("types of the tests", process.execPath, [tsc, "-p", inRoot("test")]),
  program("prettier", process.execPath, [...prettier, "--check"]),
  program("oxlint", process.execPath, oxlint),
  finding("no place of one machine in the files", findForeignPlaces),
  finding("versions agree", findVersionMismatches),
  finding("the code quotes sections of docs/maths.md that are there", findMissingEquations),
];

export async function main() {
  const start = performance.now();
  const ready = await setup();
  // The types of ts/src are checked by the build, which has to come first: its types include those of the wasm glue.
  await build(ready, { sizes: false });
  const failed = [];
  for (const check of checks) {
    console.log(`\n=== ${check.name}`);
    const begin = performance.now();
    const fine = await check.run(ready.env);
    if (!fine) failed.push(check.name);
    console.log(`${fine ? "✓" : "✗"} ${check.name}, ${duration(performance.now() - begin)}`);
  }
  const time = duration(performance.now() - start);
  if (failed.length === 0) console.log(`\nAll ${checks.length} checks are fine (${time}).`);
  else
    console.log(
      `\nNot fine: ${failed.join("; ")} (${time}). \`npm run format\` mends what is only formatting.`,
    );
  return failed.length === 0 ? 0 : 1;
}
