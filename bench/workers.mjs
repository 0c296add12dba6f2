// Training with one worker against training with two that share the same batch, as a user trains.
//
//   npm run bench -- workers            a table
//   npm run bench -- workers --json     one JSON object per row
//
// The clock's time: two workers have two cores. The runs take turns, ROUNDS times; medians, and the ratio of each round's.
import { TextModel } from "../dist/node/index.js";
import { allowRelaxedSimd, circumstances, median, tableHead, tableRow } from "./lib/measure.mjs";
import { syntheticText } from "./lib/text.mjs";

const ROUNDS = 5;
/** Steps before the clock starts. */
const WARM_UP_STEPS = 6;
/** By the clock, of one run. */
const SECONDS = 3;

const MODELS = [
  { cell: "lstm", hiddenSize: 128, batchSize: 32, seqLength: 64 },
  { cell: "lstm", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "gru", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "lstm", hiddenSize: 512, batchSize: 50, seqLength: 128 },
];

/** Symbols per second after the warm-up. */
async function speed(build, options, text, workers) {
  const { batchSize, seqLength, ...architecture } = options;
  const model = await TextModel.create({ ...architecture, text, build });
  const settings = { text, batchSize, seqLength, workers, validation: 0, steps: 1_000_000 };
  let begin;
  for await (const { tokens, step } of model.train(settings)) {
    const now = performance.now();
    if (begin === undefined && step >= WARM_UP_STEPS) begin = { tokens, now };
    if (begin === undefined || now - begin.now < SECONDS * 1000) continue;
    await model.dispose();
    return ((tokens - begin.tokens) / (now - begin.now)) * 1000;
  }
  throw new Error("The run ended too early");
}

async function measure(build, options, text) {
  const [one, two, ratios] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    one.push(await speed(build, options, text, 1));
    two.push(await speed(build, options, text, 2));
    ratios.push(two.at(-1) / one.at(-1));
  }
  return { ...options, build, one: median(one), two: median(two), ratio: median(ratios) };
}

allowRelaxedSimd();
const json = process.argv.includes("--json");
if (!json) {
  console.log(`${circumstances("by the clock")}\n`);
  console.log(tableHead(["build", "cell", "H", "B", "T", "symbols/s, 1 worker", "2 workers", "ratio"]));
}
const text = syntheticText();
for (const build of ["simd128", "relaxed"]) {
  for (const options of MODELS) {
    const row = await measure(build, options, text);
    const { cell, hiddenSize, batchSize, seqLength, one, two, ratio } = row;
    const cells = [
      build,
      cell,
      hiddenSize,
      batchSize,
      seqLength,
      one.toFixed(0),
      two.toFixed(0),
      ratio.toFixed(2),
    ];
    console.log(json ? JSON.stringify(row) : tableRow(cells));
  }
}
