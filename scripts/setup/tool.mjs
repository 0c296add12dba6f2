// Finds a tool, or gets it: on PATH, in the cache folder, as a prebuilt binary, or built from source, in this order.
import fs from "node:fs";
import path from "node:path";
import { withLock } from "../lib/lock.mjs";
import { ask } from "../lib/run.mjs";
import { step } from "../lib/step.mjs";
import { atLeast } from "../lib/text.mjs";
import { buildFromSource } from "./from-source.mjs";
import { downloadPrebuilt } from "./prebuilt.mjs";
import { cacheFolder, keepInCache, stagingFolder } from "./tool-cache.mjs";

/** @typedef {import("./tools.mjs").Tool} Tool */

/**
 * @param {Tool} tool
 * @returns {Promise<string>} the folder that holds its programs
 */
export async function installTool(tool) {
  const title = `${tool.name} ${tool.version}`;
  const done = () => {
    const folder = findTool(tool);
    return folder === undefined ? undefined : `in ${folder}`;
  };
  if (done() === undefined) {
    // One of two set-ups at once does the work; the other waits and finds it done.
    await withLock(`${cacheFolder(tool)}.lock`, `installing ${title}`, () =>
      step({ title, done, work: () => getTool(tool) }),
    );
  } else {
    await step({ title, done, work: async () => {} });
  }
  return /** @type {string} */ (findTool(tool));
}

/**
 * @param {Tool} tool
 * @returns {string | undefined} the folder with the right version of all its programs
 */
export function findTool(tool) {
  const onPath = (process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  const found = onPath.find((folder) => isRight(tool, folder, tool.atLeast));
  if (found !== undefined) return found;
  const cached = path.join(cacheFolder(tool), "bin");
  return isRight(tool, cached, undefined) ? cached : undefined;
}

/**
 * @param {Tool} tool
 * @param {string} folder
 * @param {string | undefined} least any version from this one on will do; undefined: the very version
 */
export function isRight(tool, folder, least) {
  const files = tool.programs.map((name) =>
    path.join(folder, process.platform === "win32" ? `${name}.exe` : name),
  );
  if (!files.every((file) => fs.existsSync(file))) return false;
  const version = ask(/** @type {string} */ (files[0]), ["--version"])?.split(" ")[1];
  if (version === undefined) return false;
  return least === undefined ? version === tool.version : atLeast(version, least);
}

/** @param {Tool} tool */
async function getTool(tool) {
  const staging = stagingFolder(tool);
  const problem = await downloadPrebuilt(tool, staging.bin);
  if (problem === undefined && isRight(tool, staging.bin, undefined)) {
    keepInCache(tool, staging);
    return "prebuilt";
  }
  console.log(`  no prebuilt binary: ${problem ?? "the one that came does not run here"}`);
  await buildFromSource(tool, staging.folder);
  keepInCache(tool, staging);
  return "built from source";
}
