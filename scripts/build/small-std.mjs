// Rust's standard library, compiled along with the crates for the size of the modules: the ready-made one is compiled for speed, and
// formats a message for every panic, which nobody would see here. It makes the modules an eighth smaller when compressed.
import fs from "node:fs";
import path from "node:path";
import { ask } from "../lib/run.mjs";

// Both are features of the nightly compiler, which others understand when they are told to (RUSTC_BOOTSTRAP).
const PANICS = ["-Zunstable-options", "-Cpanic=immediate-abort"];
const STD = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
const BOOTSTRAP = { RUSTC_BOOTSTRAP: "1" };

/**
 * @typedef {object} SmallStd
 * @property {string[]} rustflags
 * @property {string[]} cargoArgs
 * @property {Record<string, string>} env
 */

/**
 * How cargo and rustc are called for it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {SmallStd | undefined} undefined where the sources are not there, or the compiler does not know how; the ready-made library does then
 */
export function smallStd(env) {
  const sources = stdSources(env);
  if (sources === undefined || !fs.existsSync(path.join(sources, "library", "std"))) return undefined;
  const probe = [...PANICS, "--target", "wasm32-unknown-unknown", "--print", "cfg"];
  if (ask("rustc", probe, { ...env, ...BOOTSTRAP }) === undefined) return undefined;
  return {
    rustflags: [...PANICS, `--remap-path-prefix=${sources}=/rust`],
    cargoArgs: STD,
    env: BOOTSTRAP,
  };
}

/**
 * Where rustup puts the sources of the standard library.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function stdSources(env) {
  const sysroot = ask("rustc", ["--print", "sysroot"], env);
  return sysroot === undefined
    ? undefined
    : path.join(path.resolve(sysroot), "lib", "rustlib", "src", "rust");
}
