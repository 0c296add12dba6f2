// The first look at mynah: a model that learns to write fables in less than a minute.
import { spawn } from "node:child_process";
import path from "node:path";
import { build } from "../build/main.mjs";
import { leaveSignalsAlone } from "../lib/cleanup.mjs";
import { distDir, root } from "../lib/paths.mjs";
import { setup } from "../setup/main.mjs";

/** What is run; further words after `npm start --` go on it, so that `npm start -- --cell gru` tries another cell. */
const DEMO = "train --corpus fables --seconds 50 --out fables.safetensors".split(" ");

/** @param {string[]} args */
export async function main(args) {
  await build(await setup());
  const words = [...DEMO, ...args];
  console.log(`\nmynah ${words.join(" ")}\n`);
  return runCli(words);
}

/**
 * The command line runs on this terminal as if it had been called by hand: Ctrl-C reaches it, it saves, and its exit code is ours.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function runCli(args) {
  leaveSignalsAlone();
  const child = spawn(process.execPath, [path.join(distDir, "cli.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  // The terminal sends Ctrl-C to both of us: the child answers it, we only have to outlive it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
