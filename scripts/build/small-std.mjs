// Rust's standard library, compiled along with the crates for the size of the modules: the ready-made one is compiled for speed, and
// formats a message for every panic, which nobody would see here. It makes the modules a sixth smaller when compressed.
import fs from "node:fs";
import path from "node:path";
import { ask, run } from "../lib/run.mjs";
import { wasmTarget } from "./wasm-builds.mjs";

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
 * @returns {SmallStd | undefined} undefined where the sources or their crates are not there, or the compiler does not know how; the ready-made library does then
 */
export function smallStd(env) {
  const sources = stdSources(env);
  if (sources === undefined || !hasStdCrates(sources, env)) return undefined;
  const probe = [...PANICS, "--target", wasmTarget, "--print", "cfg"];
  if (ask("rustc", probe, { ...env, ...BOOTSTRAP }) === undefined) return undefined;
  return {
    rustflags: [...PANICS, `--remap-path-prefix=${sources}=/rust`],
    cargoArgs: STD,
    env: BOOTSTRAP,
  };
}

/**
 * The sources of the standard library.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} the folder that rustup puts them in, if they are there
 */
export function stdSources(env) {
  const sysroot = ask("rustc", ["--print", "sysroot"], env);
  if (sysroot === undefined) return undefined;
  const folder = path.join(path.resolve(sysroot), "lib", "rustlib", "src", "rust");
  return fs.existsSync(path.join(folder, "library", "std")) ? folder : undefined;
}

/**
 * Whether the crates are here that the standard library is made with.
 *
 * @param {string} sources
 * @param {NodeJS.ProcessEnv} [env]
 */
export function hasStdCrates(sources, env = process.env) {
  return ask("cargo", [...fetchArgs(sources), "--offline"], { ...env, ...BOOTSTRAP }) !== undefined;
}

/**
 * Fetches them, where there is a network.
 *
 * @param {string} sources
 */
export async function fetchStdCrates(sources) {
  await run("cargo", fetchArgs(sources), { env: { ...process.env, ...BOOTSTRAP }, output: "hide" });
}

/** @param {string} sources */
function fetchArgs(sources) {
  const manifest = path.join(sources, "library", "Cargo.toml");
  return ["fetch", "--locked", "--target", wasmTarget, "--manifest-path", manifest];
}
