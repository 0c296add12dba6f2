// Training with one worker against training with two that share the same batch, as a user trains.
//
//   npm run bench -- workers            a table
//   npm run bench -- workers --json     one JSON object per row
//
// The clock's time: two workers have two cores. The runs take turns, ROUNDS times; medians, and the ratio of each round's.
import { TextModel } from "../dist/node/index.js";
import { flags } from "./lib/arguments.mjs";
import { BARE_TRAINING } from "./lib/bare-training.mjs";
import { allowRelaxedSimd, circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { textOf } from "./lib/text.mjs";

const options = flags();
const ROUNDS = options.smoke ? 1 : 5;
/** Steps before the clock starts. */
const WARM_UP_STEPS = 6;
/** By the clock, of one run. */
const SECONDS = options.smoke ? 0.1 : 3;

const SMOKE = [{ cell: "gru", hiddenSize: 8, batchSize: 4, seqLength: 8 }];
/** What is measured; where there is one, the bar that the ratio is to reach. */
const MODELS = [
  { cell: "lstm", hiddenSize: 128, batchSize: 32, seqLength: 64 },
  { bar: 1.9, cell: "lstm", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "gru", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "lstm", hiddenSize: 512, batchSize: 50, seqLength: 128 },
];

/** Symbols per second after the warm-up. */
async function speed(build, model, text, workers) {
  const { batchSize, seqLength, bar: _, ...architecture } = model;
  const trained = await TextModel.create({ ...architecture, text, build });
  const settings = {
    text,
    batchSize,
    seqLength,
    workers,
    ...BARE_TRAINING,
    steps: 1_000_000,
  };
  let begin;
  for await (const { tokens, step } of trained.train(settings)) {
    const now = performance.now();
    if (begin === undefined && step >= WARM_UP_STEPS) begin = { tokens, now };
    if (begin === undefined || now - begin.now < SECONDS * 1000) continue;
    await trained.dispose();
    return ((tokens - begin.tokens) / (now - begin.now)) * 1000;
  }
  throw new Error("The run ended too early");
}

async function measure(build, model, text) {
  const [one, two, ratios] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    one.push(await speed(build, model, text, 1));
    two.push(await speed(build, model, text, 2));
    ratios.push(two.at(-1) / one.at(-1));
  }
  return { ...model, build, one: median(one), two: median(two), ratio: median(ratios) };
}

allowRelaxedSimd();
const table = output({
  name: "workers",
  circumstances: circumstances("by the clock"),
  head: ["build", "cell", "H", "B", "T", "symbols/s, 1 worker", "2 workers", "ratio", "bar"],
  cells: ({ build, cell, hiddenSize, batchSize, seqLength, one, two, ratio, bar }) => [
    build,
    cell,
    hiddenSize,
    batchSize,
    seqLength,
    one.toFixed(0),
    two.toFixed(0),
    ratio.toFixed(2),
    bar ?? "",
  ],
  flags: options,
});
const text = textOf(options.smoke ? 20_000 : 400_000);
for (const build of ["simd128", "relaxed"]) {
  for (const model of options.smoke ? SMOKE : MODELS) table.row(await measure(build, model, text));
}
table.end();
