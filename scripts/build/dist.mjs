// build/ -> dist/: the bundles, both wasm files, corpora, declarations, licences and the manual page. dist/ is made aside and swapped
// in whole, so that whoever uses it meanwhile (a test, an npm link) never sees half of it.
import fs from "node:fs";
import path from "node:path";
import { buildDir, distDir, inRoot } from "../lib/paths.mjs";
import { ask } from "../lib/run.mjs";
import { clearStamp, filesUnder, hashOf, isStamped, writeStamp } from "../lib/stamp.mjs";
import { step } from "../lib/step.mjs";
import { Stop } from "../lib/stop.mjs";
import { publicDeclarations } from "./declarations.mjs";
import { thirdPartyLicences } from "./licences.mjs";
import { compiledDir } from "./typescript.mjs";
import { WASM_FILE, wasmFolder } from "./wasm.mjs";
import { wasmBuilds } from "./wasm-builds.mjs";

const STAMP = "dist";

/** The declarations that "exports" in package.json names. */
const TYPES = ["index.d.ts", "slim.d.ts", "core.d.ts", "worker/worker.d.ts"];

/** @param {NodeJS.ProcessEnv} env */
export function buildDist(env) {
  const sources = [
    compiledDir,
    ...wasmBuilds.map((build) => wasmFolder(build.name)),
    inRoot("ts", "corpora"),
    inRoot("rollup.config.mjs"),
    inRoot("package.json"),
    inRoot("package-lock.json"),
    inRoot("scripts", "build"),
  ];
  const hash = hashOf(sources);
  return step({
    title: "dist/",
    expect: "a few seconds",
    done: () => (isStamped(STAMP, hash) && fs.existsSync(distDir) ? "unchanged" : undefined),
    work: async () => {
      clearStamp(STAMP);
      const making = path.join(buildDir, "dist");
      fs.rmSync(making, { recursive: true, force: true });
      const bundled = await bundle(making);
      for (const build of wasmBuilds) {
        copy(
          path.join(wasmFolder(build.name), WASM_FILE),
          path.join(making, "wasm", `mynah_${build.name}.wasm`),
        );
      }
      copyAll(inRoot("ts", "corpora"), ".txt", path.join(making, "corpora"));
      for (const file of publicDeclarations(TYPES.map((name) => path.join(compiledDir, name)))) {
        copy(file, path.join(making, "types", path.relative(compiledDir, file)));
      }
      fs.writeFileSync(path.join(making, "THIRD-PARTY-LICENSES.txt"), await thirdPartyLicences(bundled, env));
      fs.chmodSync(path.join(making, "cli.js"), 0o755);
      swapIn(making);
      writeManual();
      writeStamp(STAMP, hash);
    },
  });
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} every module that went into a bundle
 */
async function bundle(folder) {
  // Loaded only now: when this script starts in a fresh clone, `npm ci` has still to bring rollup.
  const { rollup } = await import("rollup");
  const { default: bundles } = await import("../../rollup.config.mjs");
  const modules = new Set();
  for (const options of bundles(compiledDir, folder)) {
    const made = await rollup(options).catch(explain);
    const { output } = await made.write(/** @type {import("rollup").OutputOptions} */ (options.output));
    await made.close();
    for (const file of output) if (file.type === "chunk") for (const id of file.moduleIds) modules.add(id);
  }
  return [...modules];
}

/**
 * @param {Error & { frame?: string, loc?: { file?: string } }} error of rollup
 * @returns {never}
 */
function explain(error) {
  throw new Stop(
    ["Bundling failed: " + error.message, error.loc?.file, error.frame].filter(Boolean).join("\n"),
  );
}

/** The one file that comes after the others: the command writes it, and looks for its package around dist/. */
function writeManual() {
  const page = ask(process.execPath, [path.join(distDir, "cli.js"), "manual"]);
  if (page === undefined) throw new Stop("`mynah manual` failed.");
  fs.writeFileSync(path.join(distDir, "mynah.1"), `${page}\n`);
}

/** @param {string} making */
function swapIn(making) {
  const old = path.join(buildDir, "dist-old");
  fs.rmSync(old, { recursive: true, force: true });
  if (fs.existsSync(distDir)) fs.renameSync(distDir, old);
  fs.renameSync(making, distDir);
  fs.rmSync(old, { recursive: true, force: true });
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}

/**
 * @param {string} from
 * @param {string} ending
 * @param {string} to
 */
function copyAll(from, ending, to) {
  for (const file of filesUnder(from)) {
    if (file.endsWith(ending)) copy(file, path.join(to, path.relative(from, file)));
  }
}
