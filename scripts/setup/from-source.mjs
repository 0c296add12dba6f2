// A tool built from its published source: slow, but it works wherever cargo reaches its registry.
import fs from "node:fs";
import path from "node:path";
import { mustRun } from "../lib/run.mjs";
import { liveLine } from "../lib/step.mjs";
import { duration } from "../lib/text.mjs";

/** @typedef {import("./tools.mjs").Tool} Tool */

/**
 * Without optimisation the two tools take 1 min 46 s to build on 2 cores instead of 4 min 18 s (2026-11-23, Rust 1.95), and
 * wasm-bindgen runs half a second longer on our module.
 */
const QUICKLY = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_STRIP: "true",
};

/**
 * @param {Tool} tool
 * @param {string} folder gets bin/ with the programs
 */
export async function buildFromSource(tool, folder) {
  console.log(
    `  building ${tool.name} ${tool.version} from source: about ${tool.buildTime} on 2 cores, once on this computer`,
  );
  let crates = 0;
  const end = liveLine(
    (elapsed) => `… ${duration(elapsed)}, ${crates} crates compiled (about ${tool.buildTime} in all)`,
  );
  const target = path.join(folder, "target");
  try {
    await mustRun(
      `Building ${tool.name}`,
      "cargo",
      ["install", "--locked", "--version", tool.version, "--root", folder, tool.name],
      {
        env: { ...hostOnly(process.env), ...QUICKLY, CARGO_TARGET_DIR: target },
        output: "hide",
        onLine: (line) => {
          if (/^\s*Compiling /.test(line)) crates += 1;
        },
      },
    );
  } finally {
    end();
  }
  fs.rmSync(target, { recursive: true, force: true });
}

/**
 * Without settings that are meant for the wasm build: the tool runs on this machine.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function hostOnly(env) {
  const meantForWasm = new Set(["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !meantForWasm.has(name)));
}
