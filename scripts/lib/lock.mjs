// One at a time: a second set-up or build of the same folder waits for the first.
import fs from "node:fs";
import path from "node:path";
import { removeAtExit } from "./cleanup.mjs";

const POLL_MS = 500;

/**
 * Runs `work` while holding a lock file with our process number in it. A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} file
 * @param {string} what what the other process is doing, for the word to the one who waits
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, what, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let said = false; !tryLock(file);) {
    const holder = Number(readOrEmpty(file));
    if (!isAlive(holder)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!said) console.log(`… waiting: another process (${holder}) is busy with ${what}`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const forget = removeAtExit(file);
  try {
    return await work();
  } finally {
    forget();
    fs.rmSync(file, { force: true });
  }
}

/**
 * The lock appears with its content at once (a link to a finished file), so nobody ever reads an empty one.
 *
 * @param {string} file
 */
function tryLock(file) {
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** @param {string} file */
function readOrEmpty(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
