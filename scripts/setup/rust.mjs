// Rust: there, new enough, and with the wasm target.
import fs from "node:fs";
import path from "node:path";
import { fetchStdCrates, hasStdCrates, stdSources } from "../build/small-std.mjs";
import { wasmTarget } from "../build/wasm-builds.mjs";
import { inRoot } from "../lib/paths.mjs";
import { ask, mustRun, run } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { atLeast } from "../lib/text.mjs";

const GET_RUST = "install it with rustup from https://rustup.rs (on a new shell, or after `. ~/.cargo/env`)";

/** The least version of Rust that the workspace says it needs. */
function wantedRust() {
  const manifest = fs.readFileSync(inRoot("Cargo.toml"), "utf8");
  return /^rust-version\s*=\s*"([\d.]+)"/m.exec(manifest)?.[1] ?? "1.85";
}

/** Stops with one sentence where cargo or rustc is missing or too old. */
export function checkRust() {
  const wanted = wantedRust();
  for (const tool of ["cargo", "rustc"]) {
    const version = ask(tool, ["--version"])?.split(" ")[1];
    if (version === undefined) {
      throw new Stop(
        `mynah is built with Rust ${wanted} or newer, and \`${tool}\` is not here: ${GET_RUST}, then run this again.`,
      );
    }
    if (!atLeast(version, wanted)) {
      throw new Stop(
        `mynah is built with Rust ${wanted} or newer, and \`${tool}\` here is ${version}: run \`rustup update stable\`, then run this again.`,
      );
    }
  }
}

/** Whether the compiler has the standard library for wasm, wherever it came from (rustup or a distribution). */
function hasWasmTarget() {
  const folder = ask("rustc", ["--print", "target-libdir", "--target", wasmTarget]);
  return folder !== undefined && fs.existsSync(path.resolve(folder)) && fs.readdirSync(folder).length > 0;
}

export function installWasmTarget() {
  return step({
    title: `Rust target ${wasmTarget}`,
    expect: "a few seconds",
    done: () => (hasWasmTarget() ? "there" : undefined),
    work: async () => {
      if (ask("rustup", ["--version"]) === undefined) {
        throw new Stop(
          `The Rust compiler here cannot build WebAssembly, and there is no \`rustup\` to add that: ${GET_RUST}, then run this again.`,
        );
      }
      await mustRun("Adding the wasm target", "rustup", ["target", "add", wasmTarget]);
    },
  });
}

/** Rust's standard library as source, with the crates that it needs. Without them the modules become a fifth larger: no reason to stop. */
export function installStdSources() {
  const has = (/** @type {string | undefined} */ sources) => sources !== undefined && hasStdCrates(sources);
  return step({
    title: "Sources of Rust's standard library",
    expect: "a few seconds",
    done: () => {
      const sources = stdSources();
      if (has(sources)) return "there";
      const isLost = sources === undefined && ask("rustup", ["--version"]) === undefined;
      return isLost ? "not to be had without rustup" : undefined;
    },
    work: async () => {
      if (stdSources() === undefined) {
        await run("rustup", ["component", "add", "rust-src"], { output: "hide" });
      }
      const sources = stdSources();
      if (sources !== undefined) await fetchStdCrates(sources);
      return has(sources) ? undefined : "not to be had here; the WebAssembly becomes a fifth larger";
    },
  });
}
