// What must not outlive the script: programs that it started and folders that are half made. An end by Ctrl-C or by a
// signal goes through here too; only SIGKILL and a power cut do not, and for those the next run sweeps up.
import fs from "node:fs";

/** How long a program may take to end after the signal before we end without it. */
const GRACE_MS = 5000;

/** @type {readonly (readonly [NodeJS.Signals, number])[]} */
const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
];

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
/** @type {Set<string>} */
const folders = new Set();
/** @type {Map<NodeJS.Signals, () => void>} */
const handlers = new Map();
let listening = false;

function listen() {
  if (listening) return;
  listening = true;
  for (const [signal, code] of SIGNALS) {
    const handler = () => endAll(signal, code);
    handlers.set(signal, handler);
    process.once(signal, handler);
  }
  process.once("exit", () => {
    for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
}

/**
 * @param {NodeJS.Signals} signal
 * @param {number} code
 */
function endAll(signal, code) {
  for (const child of children) signalGroup(child, signal);
  const end = () => {
    for (const child of children) signalGroup(child, "SIGKILL");
    console.error("\nInterrupted: what was half done is removed. Run the command again to go on.");
    process.exit(code);
  };
  if (children.size === 0) end();
  setTimeout(end, GRACE_MS);
  for (const child of children) child.once("close", () => children.size === 0 && end());
}

/**
 * Signals a child and all that it started: `run` gives each child a process group of its own.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  try {
    if (child.pid !== undefined) process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/**
 * Ends the child when the script is ended.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
export function endWithUs(child) {
  listen();
  children.add(child);
  const forget = () => children.delete(child);
  child.once("close", forget).once("error", forget);
}

/**
 * Removes the folder (or file) when the script ends before `forget` is called.
 *
 * @param {string} folder
 * @returns {() => void} forget: from then on the folder stays
 */
export function removeAtExit(folder) {
  listen();
  folders.add(folder);
  return () => folders.delete(folder);
}

/** From here on signals are another's business: see foreground.mjs, whose child answers Ctrl-C itself. */
export function leaveSignalsAlone() {
  for (const [signal, handler] of handlers) process.off(signal, handler);
}
