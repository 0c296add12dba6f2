// The guard before a release: ratios that hardly depend on how fast the machine is, against those that were recorded.
//
//   npm run bench -- --check     fails where one has become worse by more than its margin
//   npm run bench -- --record    writes what is measured now to bench/recorded.json, with machine and date
//
// People run it, on a quiet machine of the kind that is named in the file; CI does not.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { flags } from "./lib/arguments.mjs";
import { circumstances } from "./lib/measure.mjs";
import { compare, ratiosOf } from "./lib/recorded.mjs";

const options = flags({
  check: { type: "boolean", default: false },
  record: { type: "boolean", default: false },
});
const FILE = new URL("recorded.json", import.meta.url);
const BENCHES = ["training-step.mjs", "sampling.mjs", "workers.mjs", "overhead.mjs"];

/** The rows of a benchmark. */
async function rowsOf(bench) {
  const args = [
    fileURLToPath(new URL(bench, import.meta.url)),
    "--json",
    ...(options.smoke ? ["--smoke"] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const printed = await readAll(child.stdout);
  if ((await ended) !== 0) throw new Error(`${bench} failed`);
  return printed
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const ratios = {};
for (const bench of BENCHES) {
  console.error(`… ${bench}`);
  Object.assign(ratios, ratiosOf(await rowsOf(bench)));
}
const said = circumstances("ratios of one run");
// A run of the smallest sizes says nothing about speed, so it is neither recorded nor judged.
if (options.record && !options.smoke) {
  fs.writeFileSync(FILE, `${JSON.stringify({ circumstances: said, ratios }, undefined, 2)}\n`);
  console.log(`Recorded ${Object.keys(ratios).length} ratios: ${said}.`);
} else {
  check(JSON.parse(fs.readFileSync(FILE, "utf8")));
}

function check(recorded) {
  console.log(`Recorded: ${recorded.circumstances}.\nNow: ${said}.\n`);
  const { lines, worse } = compare(recorded.ratios, ratios);
  console.log(options.json ? JSON.stringify({ recorded: recorded.ratios, ratios, worse }) : lines.join("\n"));
  if (options.smoke || worse.length === 0) return;
  console.log(`\nWorse than recorded beyond the margin: ${worse.join("; ")}.`);
  process.exitCode = 1;
}
