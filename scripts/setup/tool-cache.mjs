// The per-user folder in which tools are kept, so that a second clone of the repository does not wait for them again.
// A tool is made in a staging folder beside its place and renamed when it is whole: a place holds all of a tool or is not there.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { removeAtExit } from "../lib/cleanup.mjs";
import { isAlive } from "../lib/lock.mjs";

/** @typedef {import("./tools.mjs").Tool} Tool */

/**
 * @typedef {object} Staging
 * @property {string} folder
 * @property {string} bin where its programs go
 * @property {() => void} forget from then on it is not removed at the end of the script
 */

/** MYNAH_CACHE, else mynah/ in the user's cache folder. */
export function cacheRoot() {
  const env = process.env;
  if (env["MYNAH_CACHE"]) return path.resolve(env["MYNAH_CACHE"]);
  return path.join(env["XDG_CACHE_HOME"] || path.join(os.homedir(), ".cache"), "mynah");
}

/**
 * Where a tool is kept, whether or not it is there.
 *
 * @param {Tool} tool
 */
export function cacheFolder(tool) {
  return path.join(cacheRoot(), "tools", `${tool.name}-${tool.version}`);
}

/**
 * A new folder to make the tool in.
 *
 * @param {Tool} tool
 * @returns {Staging}
 */
export function stagingFolder(tool) {
  const place = cacheFolder(tool);
  const parent = path.dirname(place);
  fs.mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const folder = `${place}.making-${process.pid}`;
  fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
  return { folder, bin: path.join(folder, "bin"), forget: removeAtExit(folder) };
}

/**
 * Removes what set-ups that were killed were making.
 *
 * @param {string} parent
 */
function removeLeftovers(parent) {
  for (const name of fs.readdirSync(parent)) {
    const pid = /\.making-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      fs.rmSync(path.join(parent, name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A cargo that outlived its set-up still writes there; the next set-up sweeps again.
    }
  }
}

/**
 * Puts a whole tool into its place.
 *
 * @param {Tool} tool
 * @param {Staging} staging
 */
export function keepInCache(tool, staging) {
  const place = cacheFolder(tool);
  fs.rmSync(place, { recursive: true, force: true });
  fs.renameSync(staging.folder, place);
  staging.forget();
}
