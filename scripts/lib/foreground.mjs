// A program of Node's in our place: on this terminal, with its signals and its exit code.
import { spawn } from "node:child_process";
import { leaveSignalsAlone } from "./cleanup.mjs";
import { root } from "./paths.mjs";

/**
 * Runs a program as if it had been called by hand: Ctrl-C reaches it, and its exit code is ours.
 *
 * @param {string[]} args of `node`: the program's file and what it is given
 * @returns {Promise<number>}
 */
export function runInForeground(args) {
  leaveSignalsAlone();
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  // The terminal sends Ctrl-C to both of us: the child answers it, we only have to outlive it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
