// A benchmark's work in a process of its own, whose memory and start are then those of this work alone.
import { spawn } from "node:child_process";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/**
 * Runs a module in a process of its own, and returns what it printed; what it says on standard error is shown if it fails.
 *
 * @param {URL} module
 * @param {string[]} args
 */
export async function printedBy(module, args) {
  const child = spawn(process.execPath, [fileURLToPath(module), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [printed, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const code = await ended;
  if (code !== 0) {
    throw new Error(`${fileURLToPath(module)} ended with exit code ${code}: ${errors.trim().slice(-500)}`);
  }
  return printed.trim().split("\n");
}

/**
 * Runs a module with a JSON argument, and reads the JSON that it prints at its end.
 *
 * @param {URL} module
 * @param {object} job
 */
export async function inProcess(module, job) {
  const printed = await printedBy(module, [JSON.stringify(job)]);
  return JSON.parse(printed.at(-1) ?? "");
}

/** What a process of ours was given. */
export const job = () => JSON.parse(process.argv[2] ?? "{}");
