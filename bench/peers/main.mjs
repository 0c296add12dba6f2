// mynah and its peers side by side, in one run.
//
//   npm run bench:peers                                     everything: more than an hour
//   npm run bench:peers -- --only 'W1.*(mynah|PyTorch)'     rows whose "WORKLOAD: NAME" fits
//   npm run bench:peers -- --list                           the rows
//
// --seconds 5 a row and round; --rounds 3. --json FILE keeps all figures, and --from FILE makes the report of such a file again.
// --write puts the report into docs/performance.md and the plot beside it. --processor-time counts that instead of the clock's
// in rows with one thread, and leaves out Chromium: for a machine with other work on it. MYNAH_BENCH_NODE names a second Node.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { flags, numberOf } from "../lib/arguments.mjs";
import { writeSection } from "../lib/document.mjs";
import { circumstances } from "../lib/measure.mjs";
import { textFolder } from "../lib/texts.mjs";
import { installNpmPeers, installPythonPeers } from "./install.mjs";
import { measureWorkload } from "./measuring.mjs";
import { plot } from "./plot.mjs";
import { report } from "./report.mjs";
import { rowsOf } from "./rows.mjs";
import { encode } from "./subjects/data.mjs";
import { lstmStepFile } from "./subjects/onnx-file.mjs";
import { describe, workloads } from "./workloads.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PLOT = path.join(root, "docs", "peers.svg");

const options = flags({
  seconds: { type: "string", default: "5" },
  rounds: { type: "string", default: "3" },
  only: { type: "string", default: "" },
  json: { type: "string" },
  from: { type: "string" },
  list: { type: "boolean", default: false },
  "processor-time": { type: "boolean", default: false },
});
const seconds = numberOf("seconds", options.seconds);
const rounds = numberOf("rounds", options.rounds);
const only = new RegExp(options.only, "i");
const byProcessor = options["processor-time"];
const clock = byProcessor ? "processor time with one thread, by the clock with two" : "by the clock";

const command = `npm run bench:peers${byProcessor ? " -- --processor-time" : ""}`;
const saidOf = (text) =>
  `\`${command}\`: ${circumstances(`${rounds} rounds in turn of ${seconds} s each, ${clock}`)}; ${text}.`;

const wanted = workloads
  .map((workload) => {
    const rows = rowsOf(workload)
      .filter(({ name }) => only.test(`${workload.name}: ${name}`))
      .filter(({ place }) => !byProcessor || place !== "chromium");
    return { workload, rows };
  })
  .filter(({ rows }) => rows.length > 0);

if (options.list || options.smoke) list();
else if (options.from === undefined) tell(await measureAll());
else tell(JSON.parse(fs.readFileSync(options.from, "utf8")));

function list() {
  for (const { workload, rows } of wanted) {
    console.log(`${workload.name}: ${describe(workload)}`);
    for (const { name } of rows) console.log(`  ${name}`);
  }
}

async function measureAll() {
  const needs = new Set(wanted.flatMap(({ rows }) => rows.map((row) => row.needs)));
  const npm = needs.has("npm") ? await installNpmPeers() : undefined;
  const { python, problem } = needs.has("python") ? await installPythonPeers() : {};
  const texts = textFolder();
  const results = [];
  try {
    const textFile = texts.usual();
    const symbols = encode(fs.readFileSync(textFile, "utf8")).symbols.length;
    const said = saidOf(texts.isShakespeare ? "Tiny Shakespeare" : `a random text of ${symbols} symbols`);
    for (const { workload, rows } of wanted) {
      console.error(`${workload.name}: ${describe(workload)}`);
      const modelFile = path.join(texts.folder, `${workload.name}.onnx`);
      if (workload.kind === "sample") {
        fs.writeFileSync(modelFile, lstmStepFile(workload, symbols));
      }
      const place = { textFile, modelFile, python, byProcessor, missing: { npm, python: problem } };
      const note = (line) => console.error(line);
      results.push(...(await measureWorkload(workload, rows, { rounds, seconds, ...place, note })));
      save({ results, circumstances: said });
    }
    return { results, circumstances: said };
  } finally {
    texts.remove();
  }
}

/** After each workload, so that an hour's work is not lost with its last minute. */
function save(run) {
  if (options.json !== undefined) fs.writeFileSync(options.json, JSON.stringify(run));
}

function tell({ results, circumstances: said }) {
  const text = report(results, said);
  console.log(text);
  if (!options.write) return;
  writeSection("peers", `${text}\n\n![Symbols per second of mynah and its peers](peers.svg)`);
  fs.writeFileSync(PLOT, plot(results));
}
