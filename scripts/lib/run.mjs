// Runs other programs.
import { spawn, spawnSync } from "node:child_process";
import { endWithUs } from "./cleanup.mjs";
import { root } from "./paths.mjs";
import { Stop } from "./stop.mjs";

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] default: the repository
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default: ours
 * @property {"show" | "aside" | "hide" | "tee"} [output] show: straight to the terminal (default); aside: the same, all of it to standard
 *   error; hide: only collected; tee: shown and collected
 * @property {(line: string) => void} [onLine] called with each line of a collected output as it comes
 */

/**
 * @typedef {object} RunResult
 * @property {number} code exit code; 127 where the program is missing, 128 + n where signal n ended it
 * @property {string} output standard output and standard error together, unless it was shown
 */

const STDERR = 2;

/** @type {Record<NonNullable<RunOptions["output"]>, import("node:child_process").StdioOptions>} */
const STDIO = {
  show: ["ignore", "inherit", "inherit"],
  aside: ["ignore", STDERR, "inherit"],
  hide: ["ignore", "pipe", "pipe"],
  tee: ["ignore", "pipe", "pipe"],
};

/**
 * Runs a program to its end. Never throws for what the program does: look at `code`.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  const how = options.output ?? "show";
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      // A process group of its own, so that cleanup.mjs can end it with all that it started.
      detached: process.platform !== "win32",
      stdio: STDIO[how],
    });
    endWithUs(child);
    let output = "";
    let unfinished = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
        if (how === "tee") process.stdout.write(text);
        const lines = (unfinished + text).split("\n");
        unfinished = lines.pop() ?? "";
        for (const line of lines) options.onLine?.(line);
      });
    }
    child.once("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.once("close", (code, signal) => resolve({ code: code ?? 128 + signalNumber(signal), output }));
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} what what it is for, for the message
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export async function mustRun(what, command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  // What was hidden while all went well is what explains the failure.
  if (options.output === "hide") process.stderr.write(`\n${result.output.trimEnd()}\n`);
  throw new Stop(`${what} failed: ${[command, ...args].join(" ")} (exit code ${result.code}).`);
}

/**
 * What a short command prints on standard output, trimmed; undefined where it fails or is missing. For `--version` and the like.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function ask(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: root, env, encoding: "utf8", timeout: 60_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** @param {NodeJS.Signals | null} signal */
function signalNumber(signal) {
  return signal === "SIGINT" ? 2 : signal === "SIGKILL" ? 9 : 15;
}
