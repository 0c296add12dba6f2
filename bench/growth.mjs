// How cost grows: with the hidden size, the batch, the length of a step, the alphabet, the text, the texts written at once and
// the workers, one at a time around LSTM 256, 32 × 64 symbols a step; and what fits a phone's budget.
//
//   npm run bench -- growth            a table
//   npm run bench -- growth --json     one JSON object per row
//
// Each row is a process of its own, so that the peak of its memory is its own. Processor time, once each; with several workers
// the clock's, since theirs goes on at the same time.
import os from "node:os";
import { memoryEstimate } from "../dist/node/index.js";
import { flags } from "./lib/arguments.mjs";
import { BARE_TRAINING } from "./lib/bare-training.mjs";
import { circumstances } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { inProcess } from "./lib/process.mjs";
import { textFolder } from "./lib/texts.mjs";

const options = flags();
const SECONDS = options.smoke ? 0.05 : 3;
const PLACE = { build: "simd128" };

/** What a page may take on a cheap phone, in bytes, and the workers that it gets there. */
const PHONE = { budget: 128 * 2 ** 20, workers: 1 };

const BASE = {
  hiddenSize: options.smoke ? 8 : 256,
  batchSize: options.smoke ? 2 : 32,
  seqLength: options.smoke ? 8 : 64,
  workers: 1,
};

/** What they are called in the table. */
const NAMES = {
  hiddenSize: "hidden size",
  batchSize: "streams side by side",
  seqLength: "symbols of a stream a step",
  workers: "workers",
};

/** The first of a series in a smoke run, all of them otherwise. */
const series = (values) => (options.smoke ? values.slice(0, 1) : values);

const processors = Array.from({ length: os.availableParallelism() }, (_, i) => i + 1);
const SERIES = {
  hiddenSize: series([32, 64, 128, 256, 512, 1024]),
  batchSize: series([1, 4, 16, 32, 64, 128]),
  seqLength: series([8, 16, 32, 64, 128, 256]),
  workers: series(processors.filter((count) => count <= 8)),
};
const ALPHABETS = series([65, 250, 1000, 2000, 4000, 8000]);
const KILOBYTE = 1000;
const TEXTS = series([1, 10, 100, 1000, 10_000, 50_000, 200_000].map((size) => size * KILOBYTE));
const COUNTS = series([1, 4, 16, 64, 250, 1000]);

const table = output({
  name: "growth",
  circumstances: circumstances(
    "processor time, of several workers by the clock, simd128, a process for each row",
  ),
  head: ["what grows", "to", "symbols/s", "ms/step", "peak, MB", "ready after, s"],
  cells: ({ what, value, speed, symbolsPerStep, peakMemory, opened }) => [
    what,
    value,
    speed.toFixed(0),
    symbolsPerStep === undefined ? "" : ((symbolsPerStep / speed) * 1000).toFixed(1),
    (peakMemory / 1e6).toFixed(0),
    opened === undefined ? "" : (opened / 1000).toFixed(2),
  ],
  flags: options,
});

const point = (name, job) => inProcess(new URL(`points/${name}.mjs`, import.meta.url), job);

/** Trains the usual model with something changed. */
async function train(textFile, changed = {}) {
  const { hiddenSize, ...settings } = { ...BASE, ...changed };
  const create = { cell: "lstm", hiddenSize, ...PLACE };
  const job = { create, train: { validation: 0, ...settings }, textFile, seconds: SECONDS };
  const { symbols, steps, peakMemory, opened, ...speeds } = await point("train", job);
  const speed = settings.workers === 1 ? speeds.symbolsPerProcessorSecond : speeds.symbolsPerSecond;
  return { speed, symbolsPerStep: symbols / steps, peakMemory, opened };
}

/** Writes with the usual model. */
async function write(textFile, count) {
  const create = { cell: "lstm", hiddenSize: BASE.hiddenSize, ...PLACE };
  const job = { create, count, textFile, seconds: SECONDS };
  const { symbolsPerProcessorSecond, peakMemory } = await point("sample-many", job);
  return { speed: symbolsPerProcessorSecond, peakMemory };
}

/** A row, or a remark where it fails: the others are worth having without it. */
async function attempt(remarks, what, value, measure) {
  try {
    table.row({ what, value, ...(await measure()) });
  } catch (error) {
    remarks.push(`${what} ${value}: ${error.message.trim().split("\n").at(-1)}`);
  }
}

/** The largest LSTM of one layer whose training the estimate allows in a phone's budget, in steps of 8 units. */
async function largestForPhone() {
  const { batchSize, seqLength } = BASE;
  const size = { vocabularySize: 66, symbols: 1_000_000, ...BARE_TRAINING, ...PLACE };
  const bytes = (hiddenSize) => memoryEstimate({ cell: "lstm", hiddenSize, batchSize, seqLength, ...size });
  let [fits, tooLarge] = [8, 4096];
  while (tooLarge - fits > 8) {
    const middle = Math.round((fits + tooLarge) / 16) * 8;
    if ((await bytes(middle)) <= PHONE.budget) fits = middle;
    else tooLarge = middle;
  }
  return fits;
}

const remarks = [];
const texts = textFolder();
try {
  const usual = texts.usual();
  for (const [what, values] of Object.entries(SERIES)) {
    for (const value of values)
      await attempt(remarks, NAMES[what], value, () => train(usual, { [what]: value }));
  }
  for (const size of ALPHABETS) {
    await attempt(remarks, "alphabet", size, () => train(texts.of(options.smoke ? 10_000 : 1_000_000, size)));
  }
  for (const size of TEXTS) {
    await attempt(remarks, "symbols of text", size, () => train(texts.of(size, 65)));
  }
  for (const count of COUNTS) await attempt(remarks, "texts at once", count, () => write(usual, count));
  const hiddenSize = options.smoke ? BASE.hiddenSize : await largestForPhone();
  const phone = "128 MB and 1 worker: hidden size at most";
  await attempt(remarks, phone, hiddenSize, () => train(usual, { hiddenSize, workers: PHONE.workers }));
  table.end(remarks);
  // Of the smallest sizes none may fail.
  if (options.smoke && remarks.length > 0) process.exitCode = 1;
} finally {
  texts.remove();
}
