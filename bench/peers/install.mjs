// The peers: npm packages beside this file, and a Python environment in the user's cache folder. Neither is needed by
// anything else; what cannot be installed is left out, and the table says why.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../scripts/lib/lock.mjs";
import { ask, run } from "../../scripts/lib/run.mjs";
import { step } from "../../scripts/lib/step.mjs";
import { cacheRoot } from "../../scripts/setup/tool-cache.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const inFolder = (name) => path.join(folder, name);
const hashOf = (file) => createHash("sha256").update(fs.readFileSync(file)).digest("hex").slice(0, 12);
const isWindows = process.platform === "win32";

/**
 * Runs a program that may fail.
 *
 * @returns {Promise<string | undefined>} what went wrong
 */
async function tried(command, args, options = {}) {
  const { code, output } = await run(command, args, { output: "hide", ...options });
  if (code === 0) return undefined;
  const last = output.trim().split("\n").at(-1) ?? "";
  return `${path.basename(command)} ${args.slice(0, 2).join(" ")} failed with exit code ${code}: ${last}`;
}

/**
 * Does a piece of work once, and notes it in a stamp.
 *
 * @param {string} title
 * @param {string} expect
 * @param {string} stamp file
 * @param {string} wanted its content
 * @param {() => Promise<string | undefined>} work
 */
async function once(title, expect, stamp, wanted, work) {
  const isThere = () => fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted;
  let problem;
  await step({
    title,
    expect,
    done: () => (isThere() ? "there" : undefined),
    work: async () => {
      problem = await work();
      if (problem === undefined) fs.writeFileSync(stamp, wanted);
      return problem && `left out, ${problem}`;
    },
  });
  return problem;
}

/** @returns {Promise<string | undefined>} why the npm packages are missing */
export function installNpmPeers() {
  const wanted = hashOf(inFolder("package-lock.json"));
  const stamp = inFolder("node_modules/.mynah-peers");
  // Scripts of the packages would build or download what is not measured here.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  return once("npm packages of the peers", "about 400 MB", stamp, wanted, () =>
    tried("npm", args, { cwd: folder }),
  );
}

/** @returns {Promise<{ python: string, problem: string | undefined }>} */
export async function installPythonPeers() {
  const requirements = inFolder("requirements.txt");
  const wanted = hashOf(requirements);
  const place = path.join(cacheRoot(), "peers", `python-${wanted}`);
  const python = path.join(place, ...(isWindows ? ["Scripts", "python.exe"] : ["bin", "python"]));
  const stamp = path.join(place, ".mynah-peers");
  const install = async () => {
    const base = ["python3", "python"].find((name) => ask(name, ["--version"]) !== undefined);
    if (base === undefined) return "there is no python3 on PATH";
    return (
      (await tried(base, ["-m", "venv", "--clear", place])) ??
      (await tried(python, ["-m", "pip", "install", "--no-cache-dir", "--requirement", requirements]))
    );
  };
  const problem = await withLock(`${place}.lock`, "installing the Python peers", () =>
    once("Python packages of the peers", "several GB, some minutes", stamp, wanted, install),
  );
  return { python, problem };
}
