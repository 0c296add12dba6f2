// The share of a training second that is spent outside WebAssembly: in messages, in JavaScript, in waiting for the reader.
//
//   npm run bench -- overhead            a table
//   npm run bench -- overhead --json     one JSON object per row
//
// The worker of a copy of dist/ carries a meter (overhead/meter.js) that times every call into WebAssembly; it and the clock
// are read at the same moments, in the worker, before and after SECONDS of training as a user trains.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { flags } from "./lib/arguments.mjs";
import { inChromium } from "./lib/chromium.mjs";
import { allowRelaxedSimd, circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { textOf } from "./lib/text.mjs";
import { temporaryFolder } from "./lib/texts.mjs";
import { shareOutside } from "./overhead/share.js";

const options = flags();
const [ROUNDS, SECONDS] = options.smoke ? [1, 0.1] : [5, 2];
const BAR = 0.01;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const MODELS = options.smoke
  ? [{ cell: "lstm", hiddenSize: 8, batchSize: 2, seqLength: 8 }]
  : [
      { cell: "lstm", hiddenSize: 128, batchSize: 32, seqLength: 64 },
      { cell: "lstm", hiddenSize: 256, batchSize: 32, seqLength: 64 },
      { cell: "gru", hiddenSize: 256, batchSize: 32, seqLength: 64 },
    ];

/** dist/ with the meter as the first import of both workers. */
function meteredCopy(folder) {
  fs.cpSync(here("../dist"), folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  for (const place of ["node", "browser"]) {
    fs.copyFileSync(here("overhead/meter.js"), path.join(folder, place, "meter.js"));
    const worker = path.join(folder, place, "worker.js");
    fs.writeFileSync(worker, `import "./meter.js";\n${fs.readFileSync(worker, "utf8")}`);
  }
}

const table = output({
  name: "overhead",
  circumstances: circumstances(`by the clock, 1 worker, medians of ${ROUNDS} runs of ${SECONDS} s`),
  head: ["where", "build", "cell", "H", "B", "T", "outside WebAssembly", "lowest–highest", "bar"],
  cells: ({ place, build, cell, hiddenSize, batchSize, seqLength, outside, lowest, highest, bar }) => [
    place,
    build,
    cell,
    hiddenSize,
    batchSize,
    seqLength,
    `${(outside * 100).toFixed(2)} %`,
    `${(lowest * 100).toFixed(2)}–${(highest * 100).toFixed(2)} %`,
    `${bar * 100} %`,
  ],
  flags: options,
});

/** Measures every model with both builds. */
async function measureIn(place, share) {
  for (const build of ["simd128", "relaxed"]) {
    for (const model of MODELS) {
      const shares = [];
      for (let round = 0; round < ROUNDS; round++)
        shares.push(await share({ ...model, build, seconds: SECONDS }));
      const [lowest, highest] = [Math.min(...shares), Math.max(...shares)];
      table.row({ place, build, ...model, outside: median(shares), lowest, highest, bar: BAR });
    }
  }
}

function measureInChromium(folder, textFile) {
  const mounts = { "/": here("overhead"), "/dist/": folder, "/text.txt": textFile };
  return inChromium(mounts, async (browser, url) => {
    const page = await browser.newPage();
    await page.goto(`${url}/page.html`);
    await page.waitForFunction(() => "share" in globalThis);
    await measureIn("Chromium", (job) => page.evaluate((wanted) => globalThis.share(wanted), job));
  });
}

allowRelaxedSimd();
const { folder, remove } = temporaryFolder();
const remarks = [];
try {
  const copy = path.join(folder, "dist");
  meteredCopy(copy);
  const text = textOf(400_000);
  const textFile = path.join(folder, "text.txt");
  fs.writeFileSync(textFile, text);
  const { TextModel } = await import(pathToFileURL(path.join(copy, "node", "index.js")).href);
  await measureIn("Node", (job) => shareOutside(TextModel, text, job));
  await measureInChromium(copy, textFile).catch((error) => {
    if (!error.message.includes("no Chromium was found")) throw error;
    remarks.push(`Chromium: ${error.message}`);
  });
  table.end(remarks);
} finally {
  remove();
}
