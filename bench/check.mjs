// The guard before a release: ratios that hardly depend on how fast the machine is, against those that were recorded.
//
//   npm run bench -- --check     fails where one has become worse by more than its margin
//   npm run bench -- --record    writes what is measured now to bench/recorded.json, with machine and date
//
// With --write the tables of the same run go into docs/performance.md, too.
//
// People run it, on a quiet machine of the kind that is named in the file; CI does not.
import fs from "node:fs";
import { flags } from "./lib/arguments.mjs";
import { circumstances } from "./lib/measure.mjs";
import { printedBy } from "./lib/process.mjs";
import { compare, ratiosOf } from "./lib/recorded.mjs";

const options = flags({
  check: { type: "boolean", default: false },
  record: { type: "boolean", default: false },
});
const FILE = new URL("recorded.json", import.meta.url);
const BENCHES = ["training-step.mjs", "sampling.mjs", "workers.mjs", "overhead.mjs"];

/** The rows of a benchmark. */
async function rowsOf(bench) {
  const passedOn = Object.entries({ "--smoke": options.smoke, "--write": options.write });
  const args = passedOn.filter(([, isSet]) => isSet).map(([flag]) => flag);
  const lines = await printedBy(new URL(bench, import.meta.url), ["--json", ...args]);
  return lines.filter(Boolean).map((line) => JSON.parse(line));
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
