// The first look at mynah: a model that learns to write fables in less than a minute.
import path from "node:path";
import { build } from "../build/main.mjs";
import { runInForeground } from "../lib/foreground.mjs";
import { distDir } from "../lib/paths.mjs";
import { setup } from "../setup/main.mjs";

/** What is run; further words after `npm start --` go on it, so that `npm start -- --cell gru` tries another cell. */
const DEMO = "train --corpus fables --seconds 50 --out fables.safetensors".split(" ");

/** @param {string[]} args */
export async function main(args) {
  await build(await setup());
  const words = [...DEMO, ...args];
  console.log(`\nmynah ${words.join(" ")}\n`);
  return runInForeground([path.join(distDir, "cli.js"), ...words]);
}
