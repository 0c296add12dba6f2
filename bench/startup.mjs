// From nothing to the first step of training: in a fresh Node process from its `import` on, in a fresh page from its load on.
//
//   npm run bench -- startup            a table
//   npm run bench -- startup --json     one JSON object per row
//
// By the clock, as a person waits; the default model. A process and a browser profile are new each time, files are cached.
import { fileURLToPath } from "node:url";
import { flags } from "./lib/arguments.mjs";
import { inChromium } from "./lib/chromium.mjs";
import { circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { inProcess } from "./lib/process.mjs";

const options = flags();
const ROUNDS = options.smoke ? 1 : 9;
const WORKERS = options.smoke ? [1] : [1, 2];
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What is created and trained; `workers` besides. */
const SETTINGS = options.smoke ? { create: { hiddenSize: 8 }, train: {} } : { create: {}, train: {} };

/** Parts of the way, in milliseconds since its beginning. */
const PARTS = ["imported", "created", "firstStep"];

async function inNode(workers) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(await inProcess(new URL("startup/in-node.mjs", import.meta.url), { ...SETTINGS, workers }));
  }
  return times;
}

function inPages(workers) {
  return inChromium({ "/dist/": here("../dist"), "/": here("startup") }, async (browser, url) => {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const job = encodeURIComponent(JSON.stringify({ ...SETTINGS, workers }));
      await page.goto(`${url}/page.html?${job}`);
      const result = await page.waitForFunction(() => globalThis.startup);
      times.push(await result.jsonValue());
      await context.close();
    }
    return times.map(({ error, ...parts }) => {
      if (error !== undefined) throw new Error(error);
      return parts;
    });
  });
}

const table = output({
  name: "startup",
  circumstances: circumstances(`by the clock, medians of ${ROUNDS} fresh starts`),
  head: [
    "where",
    "workers",
    "imported, ms",
    "model made, ms",
    "first step told, ms",
    "lowest–highest",
    "bar",
  ],
  cells: ({ place, workers, imported, created, firstStep, lowest, highest, bar }) => [
    place,
    workers,
    imported.toFixed(0),
    created.toFixed(0),
    firstStep.toFixed(0),
    `${lowest.toFixed(0)}–${highest.toFixed(0)}`,
    bar,
  ],
  flags: options,
});

const places = [
  { place: `Node ${process.version}`, start: inNode, bar: 150 },
  { place: "Chromium", start: inPages, bar: 300 },
];
const remarks = [];
for (const { place, start, bar } of places) {
  for (const workers of WORKERS) {
    try {
      const times = await start(workers);
      const parts = Object.fromEntries(PARTS.map((part) => [part, median(times.map((it) => it[part]))]));
      const steps = times.map((it) => it.firstStep);
      table.row({ place, workers, ...parts, lowest: Math.min(...steps), highest: Math.max(...steps), bar });
    } catch (error) {
      remarks.push(`${place}, ${workers} workers: ${error.message.split("\n")[0]}`);
    }
  }
}
table.end(remarks);
if (remarks.some((it) => !it.includes("no Chromium was found"))) process.exitCode = 1;
