// A benchmark's work in a process of its own, whose memory and start are then those of this work alone.
import { spawn } from "node:child_process";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/**
 * Runs a module of this folder's neighbourhood with a JSON argument, and reads the JSON that it prints at its end.
 *
 * @param {URL} module
 * @param {object} job
 * @param {string[]} [nodeFlags]
 */
export async function inProcess(module, job, nodeFlags = []) {
  const args = [...nodeFlags, fileURLToPath(module), JSON.stringify(job)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const code = await ended;
  if (code !== 0) {
    throw new Error(`${fileURLToPath(module)} ended with exit code ${code}: ${errors.trim().slice(-500)}`);
  }
  return JSON.parse(printed.trim().split("\n").at(-1) ?? "");
}

/** What a process of ours was given. */
export const job = () => JSON.parse(process.argv[2] ?? "{}");
