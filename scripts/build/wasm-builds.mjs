// The two builds of the wasm module, and how the compiler is called for each: for the build itself, its tests and its lints.
import os from "node:os";
import path from "node:path";
import { inRoot, root } from "../lib/paths.mjs";

/**
 * @typedef {object} WasmBuild
 * @property {"simd128" | "relaxed"} name
 * @property {string} features target features of the compiler
 */

/** What the compiler calls the platform that both are for. */
export const wasmTarget = "wasm32-unknown-unknown";

/** @type {readonly WasmBuild[]} */
export const wasmBuilds = [
  { name: "simd128", features: "+simd128" },
  { name: "relaxed", features: "+simd128,+relaxed-simd" },
];

/** Everything that the wasm modules are made of. */
export const wasmSources = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "crates"].map((name) =>
  inRoot(name),
);

/**
 * A target folder for each build, or each would throw the other's compiled crates away; and no folder of this machine in
 * the messages of panics, so that the bytes are the same wherever they are built (with the same standard library: see small-std.mjs).
 *
 * @param {WasmBuild} build
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} [more] further flags of the compiler
 * @returns {NodeJS.ProcessEnv}
 */
export function wasmEnv(build, env, more = []) {
  const cargoHome = env["CARGO_HOME"] || path.join(os.homedir(), ".cargo");
  const flags = [
    `-Ctarget-feature=${build.features}`,
    `--remap-path-prefix=${root}=/mynah`,
    `--remap-path-prefix=${cargoHome}=/cargo`,
    ...more,
  ];
  // The encoded form, since a folder may have a space in its name.
  return {
    ...env,
    CARGO_ENCODED_RUSTFLAGS: flags.join("\u001f"),
    CARGO_TARGET_DIR: inRoot("target", build.name),
  };
}
