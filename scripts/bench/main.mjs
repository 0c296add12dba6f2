// Benchmarks of our own; people run them, CI does not: shared machines make timed tests fail for no reason.
import fs from "node:fs";
import path from "node:path";
import { build } from "../build/main.mjs";
import { wasmBuilds, wasmEnv, wasmTarget } from "../build/wasm-builds.mjs";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { mustRun, run } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { setup } from "../setup/main.mjs";

const KERNELS = "mynah-bench-kernels";

/**
 * Each benchmark by its name on the command line: its file in bench/, what it measures, and how long that takes.
 *
 * @type {Readonly<Record<string, { file: string, what: string, time: string, needsChromium?: true }>>}
 */
export const BENCHES = {
  kernels: { file: "kernels.mjs", what: "the kernels one by one", time: "1 min" },
  step: {
    file: "training-step.mjs",
    what: "a whole training step, and writing, in one thread",
    time: "2 min",
  },
  sampling: {
    file: "sampling.mjs",
    what: "writing: one text, with int8 weights, many at once",
    time: "3 min",
  },
  sessions: {
    file: "sessions.mjs",
    what: "sessions: reading on, and suggestions",
    time: "2 min",
  },
  pool: { file: "pool.mjs", what: "a pool with 1, 100 and 1,000 sessions at once", time: "4 min" },
  workers: { file: "workers.mjs", what: "two workers against one", time: "6 min" },
  overhead: {
    file: "overhead.mjs",
    what: "the share of time outside WebAssembly",
    time: "3 min",
    needsChromium: true,
  },
  control: { file: "control.mjs", what: "how soon a run is paused, gone on with and aborted", time: "2 min" },
  startup: {
    file: "startup.mjs",
    what: "from nothing to the first step",
    time: "1 min",
    needsChromium: true,
  },
  memory: { file: "memory.mjs", what: "peak memory of a process that trains", time: "1 min" },
  growth: {
    file: "growth.mjs",
    what: "how cost grows with every size, and a phone's budget",
    time: "10 min",
  },
};

/** Flags that stand for the guard before a release, bench/check.mjs. */
const GUARD = ["--check", "--record"];

/** @param {string[]} args names of benchmarks, "all" for all of them, none for their list; and flags for them */
export async function main(args) {
  const names = args.filter((arg) => !arg.startsWith("-"));
  const flags = args.filter((arg) => arg.startsWith("-"));
  const isGuard = flags.some((flag) => GUARD.includes(flag));
  const known = Object.keys(BENCHES);
  const wrong = names.find((name) => name !== "all" && !known.includes(name));
  if (wrong !== undefined) throw new Stop(`There is no benchmark "${wrong}": all, ${known.join(", ")}.`);
  if (isGuard && names.length > 0) throw new Stop(`${GUARD.join(" and ")} go without names of benchmarks.`);
  if (!isGuard && names.length === 0) return list();
  const chosen = Object.entries(BENCHES).filter(([name]) => names.includes("all") || names.includes(name));
  const ready = await setup({ chromium: isGuard || chosen.some(([, { needsChromium }]) => needsChromium) });
  await build(ready);
  if (isGuard) return runFile("check.mjs", flags);
  let worst = 0;
  for (const [name, { file }] of chosen) {
    if (name === "kernels") await buildKernels(ready.env);
    worst = Math.max(worst, await runFile(file, flags));
  }
  return worst;
}

/**
 * @param {string} file in bench/
 * @param {string[]} flags
 */
async function runFile(file, flags) {
  console.log("");
  const { code } = await run(process.execPath, [inRoot("bench", file), ...flags]);
  return code;
}

function list() {
  for (const [name, { what, time }] of Object.entries(BENCHES)) {
    console.log(`npm run bench -- ${name.padEnd(9)} ${what} (about ${time})`);
  }
  console.log(`npm run bench -- all       all of these
npm run bench -- --check   compares ratios with bench/recorded.json; --record writes them there
npm run bench:peers        mynah beside its peers

--json gives one JSON object per row, --write puts the table into docs/performance.md.`);
  return 0;
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
        const args = ["build", "--release", "--target", wasmTarget, "-p", KERNELS];
        await mustRun("The build of the kernels", "cargo", args, { env: buildEnv, output: "hide" });
        const name = `${KERNELS.replaceAll("-", "_")}.wasm`;
        const folder = path.join(buildDir, "bench", it.name);
        fs.mkdirSync(folder, { recursive: true });
        const built = path.join(buildEnv["CARGO_TARGET_DIR"] ?? "", wasmTarget, "release", name);
        fs.copyFileSync(built, path.join(folder, name));
      },
    });
  }
}
