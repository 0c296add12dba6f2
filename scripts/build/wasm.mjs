// crates/wasm -> build/wasm/{simd128,relaxed}/ by wasm-pack.
import fs from "node:fs";
import path from "node:path";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { ask, mustRun } from "../lib/run.mjs";
import { clearStamp, hashOf, isStamped, writeStamp } from "../lib/stamp.mjs";
import { liveLine, step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { duration } from "../lib/text.mjs";
import { smallStd } from "./small-std.mjs";
import { wasmBuilds, wasmEnv, wasmSources } from "./wasm-builds.mjs";

/** What wasm-pack calls its files. */
const GLUE = "mynah_wasm.js";
export const WASM_FILE = "mynah_wasm_bg.wasm";

/** @param {string} build */
export const wasmFolder = (build) => path.join(buildDir, "wasm", build);

/** @param {NodeJS.ProcessEnv} env */
export async function buildWasm(env) {
  const std = smallStd(env);
  const versions = [
    ["rustc", "-V"],
    ["wasm-bindgen", "-V"],
    ["wasm-pack", "-V"],
    ["wasm-opt", "--version"],
  ].map(([tool = "", flag = ""]) => ask(tool, [flag], env));
  const scripts = ["wasm.mjs", "wasm-builds.mjs", "small-std.mjs"].map((name) =>
    inRoot("scripts", "build", name),
  );
  const hash = hashOf([...wasmSources, ...scripts], [...versions, std && "small std"]);
  for (const build of wasmBuilds) {
    const stamp = `wasm-${build.name}`;
    const folder = wasmFolder(build.name);
    await step({
      title: `wasm, ${build.name} build`,
      expect: "1 to 2 minutes the first time",
      done: () =>
        isStamped(stamp, hash) && fs.existsSync(path.join(folder, WASM_FILE)) ? "unchanged" : undefined,
      work: async () => {
        clearStamp(stamp);
        // --mode no-install: the set-up has put every tool on PATH, and a download in the middle of a build helps nobody.
        const args = [
          "build",
          "crates/wasm",
          "--release",
          "--target",
          "web",
          "--mode",
          "no-install",
          "--no-pack",
        ];
        const end = liveLine((elapsed) => `… compiling, ${duration(elapsed)}`);
        try {
          const all = [...args, "--out-dir", folder, ...(std === undefined ? [] : ["--", ...std.cargoArgs])];
          await mustRun(`The ${build.name} build`, "wasm-pack", all, {
            env: { ...wasmEnv(build, env, std?.rustflags), ...std?.env },
            output: "hide",
          });
        } finally {
          end();
        }
        writeStamp(stamp, hash);
        return std === undefined ? "with the ready-made standard library, a fifth larger" : undefined;
      },
    });
  }
  checkGlue();
}

/**
 * The TypeScript side imports the glue of the simd128 build and starts either module with it, so the two must agree to the byte.
 */
function checkGlue() {
  const [first = "", ...others] = wasmBuilds.map((build) => path.join(wasmFolder(build.name), GLUE));
  for (const other of others) {
    if (!fs.readFileSync(first).equals(fs.readFileSync(other))) {
      throw new Stop(
        `The JavaScript glue of the two wasm builds differs:\n  ${first}\n  ${other}\n` +
          "Both must export the same names with the same types: look for #[cfg(target_feature)] on something that #[wasm_bindgen] exports.",
      );
    }
  }
}
