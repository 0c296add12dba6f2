// Whether work has to be done again: by the content of what goes in, never by file times.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { buildDir, root } from "./paths.mjs";

/**
 * Hash of files, of whole folders, and of further words such as the compiler's version. What does not exist counts as empty.
 *
 * @param {string[]} paths files and folders, absolute
 * @param {(string | undefined)[]} [words]
 */
export function hashOf(paths, words = []) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((it) => filesUnder(it))) {
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(fs.readFileSync(file))
      .update("\0");
  }
  for (const word of words) hash.update(`${word}\0`);
  return hash.digest("hex");
}

/**
 * Every file under a folder, sorted; a file itself; nothing where nothing is.
 *
 * @param {string} start
 * @returns {string[]}
 */
export function filesUnder(start) {
  const info = fs.statSync(start, { throwIfNoEntry: false });
  if (info === undefined) return [];
  if (!info.isDirectory()) return [start];
  return fs
    .readdirSync(start)
    .toSorted()
    .flatMap((name) => filesUnder(path.join(start, name)));
}

/** @param {string} name */
const stampFile = (name) => path.join(buildDir, "stamps", name);

/**
 * @param {string} name
 * @param {string} hash
 */
export function isStamped(name, hash) {
  try {
    return fs.readFileSync(stampFile(name), "utf8") === hash;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} hash
 */
export function writeStamp(name, hash) {
  fs.mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  fs.writeFileSync(stampFile(name), hash);
}

/**
 * Takes the stamp away before the work begins, so that an interrupted piece of work is done again.
 *
 * @param {string} name
 */
export function clearStamp(name) {
  fs.rmSync(stampFile(name), { force: true });
}
