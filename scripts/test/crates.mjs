// The tests of the Rust crates: native, and the same ones on the real wasm target, in both builds.
import { wasmBuilds, wasmEnv, wasmTarget } from "../build/wasm-builds.mjs";
import { ask, run } from "../lib/run.mjs";
import { cargoTestCounts, judged, judgedMaybeEmpty, nextestCounts } from "./tally.mjs";

/** @typedef {import("../setup/main.mjs").Ready} Ready */

/** The crates whose tests run on wasm too; the others are glue for JavaScript, tested from there. */
const WASM_TESTED = ["-p", "mynah-kernels", "-p", "mynah-nn"];

/** @param {Ready} ready */
export async function nativeCrates({ env }) {
  if (ask("cargo", ["nextest", "--version"], env) !== undefined) {
    const result = await run("cargo", ["nextest", "run", "--workspace", "--no-fail-fast"], {
      env,
      output: "tee",
    });
    return judged(nextestCounts(plain(result.output)), result.code);
  }
  console.log("cargo-nextest is not here: plain `cargo test` runs the same tests, one crate after another");
  const result = await run("cargo", ["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"], {
    env,
    output: "tee",
  });
  return judged(cargoTestCounts(plain(result.output)), result.code);
}

/**
 * nextest does not run the examples in documentation.
 *
 * @param {Ready} ready
 */
export async function rustExamples({ env }) {
  const result = await run("cargo", ["test", "--workspace", "--doc", "--no-fail-fast"], {
    env,
    output: "tee",
  });
  return judgedMaybeEmpty(cargoTestCounts(plain(result.output)), result.code);
}

/** @param {"simd128" | "relaxed"} name */
export const wasmCrates =
  (name) =>
  /** @param {Ready} ready */
  async ({ env }) => {
    const build = wasmBuilds.find((it) => it.name === name) ?? wasmBuilds[0];
    if (build === undefined) throw new Error("no wasm builds");
    const args = ["test", "--target", wasmTarget, ...WASM_TESTED, "--lib", "--tests", "--no-fail-fast"];
    const result = await run("cargo", args, {
      env: {
        ...wasmEnv(build, env),
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner",
        // The runner splits this at commas and starts `node` with it.
        NODE_ARGS: name === "relaxed" ? relaxedFlags().join(",") : "",
      },
      output: "tee",
    });
    return judged(cargoTestCounts(plain(result.output)), result.code);
  };

/**
 * What this Node has to be told before it runs relaxed SIMD: nothing from Node 22 on, a flag before.
 *
 * @returns {string[]}
 */
export function relaxedFlags() {
  return Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];
}

/**
 * Without colours, which runners may have been told to use.
 *
 * @param {string} output
 */
function plain(output) {
  return output.replace(/\u001b\[[0-9;]*m/g, "");
}
