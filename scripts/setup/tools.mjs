// The two command-line tools that turn Rust into a wasm module: which version, and where prebuilt ones are.
import fs from "node:fs";
import { inRoot } from "../lib/paths.mjs";
import { Stop } from "../lib/stop.mjs";

/**
 * @typedef {object} Tool
 * @property {string} name of the crate
 * @property {string} version that is installed
 * @property {string} [atLeast] on PATH any version from this one on will do; default: exactly `version`
 * @property {string[]} programs that the crate installs and we use; the first answers `--version`
 * @property {string} buildTime how long building it from source takes on two cores
 * @property {string | undefined} archive path of the prebuilt archive on the download server; undefined: none for this machine
 */

/** Any wasm-pack since this one builds us; this very one is what is installed where none is. */
const WASM_PACK = { version: "0.15.1", atLeast: "0.13.0" };

/** @returns {Tool} wasm-bindgen's command line: exactly the version of the library in Cargo.lock, or it refuses to work */
export function wasmBindgen() {
  const lock = fs.readFileSync(inRoot("Cargo.lock"), "utf8");
  const version = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (version === undefined)
    throw new Stop("Cargo.lock does not name wasm-bindgen: is it the repository's own?");
  const platform = prebuiltPlatform();
  return {
    name: "wasm-bindgen-cli",
    version,
    programs: ["wasm-bindgen", "wasm-bindgen-test-runner"],
    buildTime: "1 to 2 minutes",
    archive:
      platform &&
      `wasm-bindgen/wasm-bindgen/releases/download/${version}/wasm-bindgen-${version}-${platform}.tar.gz`,
  };
}

/** @returns {Tool} */
export function wasmPack() {
  const { version, atLeast } = WASM_PACK;
  const platform = prebuiltPlatform();
  return {
    name: "wasm-pack",
    version,
    atLeast,
    programs: ["wasm-pack"],
    buildTime: "1 to 2 minutes",
    archive:
      platform &&
      `wasm-bindgen/wasm-pack/releases/download/v${version}/wasm-pack-v${version}-${platform}.tar.gz`,
  };
}

/** What both projects call this machine in the names of their archives. */
function prebuiltPlatform() {
  /** @type {Record<string, string>} */
  const names = {
    "linux-x64": "x86_64-unknown-linux-musl",
    "linux-arm64": "aarch64-unknown-linux-musl",
    "darwin-x64": "x86_64-apple-darwin",
    "darwin-arm64": "aarch64-apple-darwin",
    "win32-x64": "x86_64-pc-windows-msvc",
  };
  return names[`${process.platform}-${process.arch}`];
}
