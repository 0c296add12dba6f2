// Benchmarks of our own; people run them, CI does not: shared machines make timed tests fail for no reason.
import fs from "node:fs";
import path from "node:path";
import { build } from "../build/main.mjs";
import { wasmBuilds, wasmEnv } from "../build/wasm-builds.mjs";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { mustRun, run } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { setup } from "../setup/main.mjs";

const KERNELS = "mynah-bench-kernels";

/** Files in bench/ by their names on the command line. */
const BENCHES = { step: "training-step.mjs", kernels: "kernels.mjs", workers: "workers.mjs" };

/** @param {string[]} args names of benchmarks (default: all), and flags for them */
export async function main(args) {
  const names = args.filter((arg) => !arg.startsWith("-"));
  const flags = args.filter((arg) => arg.startsWith("-"));
  const known = Object.keys(BENCHES);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Stop(`There is no benchmark "${wrong}": ${known.join(", ")}.`);
  const ready = await setup();
  await build(ready);
  let worst = 0;
  for (const [name, file] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    if (name === "kernels") await buildKernels(ready.env);
    console.log("");
    const { code } = await run(process.execPath, [inRoot("bench", file), ...flags]);
    worst = Math.max(worst, code);
  }
  return worst;
}

/**
 * The kernels as a module of their own. Cargo sees for itself whether anything has changed.
 *
 * @param {NodeJS.ProcessEnv} env
 */
async function buildKernels(env) {
  for (const it of wasmBuilds) {
    await step({
      title: `kernels to measure, ${it.name} build`,
      work: async () => {
        const buildEnv = wasmEnv(it, env);
        const target = "wasm32-unknown-unknown";
        const args = ["build", "--release", "--target", target, "-p", KERNELS];
        await mustRun("The build of the kernels", "cargo", args, { env: buildEnv, output: "hide" });
        const name = `${KERNELS.replaceAll("-", "_")}.wasm`;
        const folder = path.join(buildDir, "bench", it.name);
        fs.mkdirSync(folder, { recursive: true });
        const built = path.join(buildEnv["CARGO_TARGET_DIR"] ?? "", target, "release", name);
        fs.copyFileSync(built, path.join(folder, name));
      },
    });
  }
}
