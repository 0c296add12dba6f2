// Writing, as a user writes: one text, one with int8 weights, and 64 at once; the ratios of each round.
//
//   npm run bench -- sampling            a table
//   npm run bench -- sampling --json     one JSON object per row
//
// Processor time of the process with its one worker. The three ways take turns, ROUNDS times, on one model; medians.
import { TextModel } from "../dist/node/index.js";
import { flags } from "./lib/arguments.mjs";
import { allowRelaxedSimd, circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { textOf } from "./lib/text.mjs";

const options = flags();
const [ROUNDS, SECONDS] = options.smoke ? [1, 0.05] : [5, 1];
const MANY = 64;
/** Of one text among many, which are handed out whole. */
const LENGTH = options.smoke ? 10 : 200;

const MODELS = options.smoke
  ? [{ cell: "lstm", hiddenSize: 8 }]
  : [
      { cell: "lstm", hiddenSize: 128 },
      { cell: "lstm", hiddenSize: 256 },
      { cell: "lstm", hiddenSize: 512 },
      { cell: "gru", hiddenSize: 256 },
    ];

/** Symbols per second of pieces that are written for a while. */
async function speedOf(pieces) {
  const begin = performance.now();
  const start = process.cpuUsage();
  let symbols = 0;
  for await (const piece of pieces) {
    symbols += piece.length;
    if (performance.now() - begin < SECONDS * 1000) continue;
    const { user, system } = process.cpuUsage(start);
    return (symbols / (user + system)) * 1e6;
  }
  throw new Error("The writing ended too early");
}

/** The texts of one call after another; those of a call end together. */
async function* many(model) {
  for (let seed = 1; ; seed++) {
    let texts = "";
    for await (const text of model.sampleMany({ count: MANY, length: LENGTH, seed })) texts += text;
    yield texts;
  }
}

const WAYS = {
  one: (model) => model.sample({ length: 10_000_000, seed: 1 }),
  int8: (model) => model.sample({ length: 10_000_000, seed: 1, quantize: "int8" }),
  many,
};

async function measure(build, architecture, text) {
  const model = await TextModel.create({ text, build, ...architecture });
  const speeds = { one: [], int8: [], many: [] };
  for (const way of Object.values(WAYS)) await speedOf(way(model));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, way] of Object.entries(WAYS)) speeds[name].push(await speedOf(way(model)));
  }
  await model.dispose();
  const ratio = (name) => median(speeds[name].map((speed, round) => speed / speeds.one[round]));
  const medians = Object.fromEntries(Object.entries(speeds).map(([name, of]) => [name, median(of)]));
  return { build, ...architecture, ...medians, int8Ratio: ratio("int8"), manyRatio: ratio("many") };
}

allowRelaxedSimd();
const table = output({
  name: "sampling",
  circumstances: circumstances("processor time, one worker"),
  head: ["build", "cell", "H", "symbols/s", "int8", "int8/f32", `${MANY} at once`, `${MANY}/1`],
  cells: ({ build, cell, hiddenSize, one, int8, many: together, int8Ratio, manyRatio }) => [
    build,
    cell,
    hiddenSize,
    one.toFixed(0),
    int8.toFixed(0),
    int8Ratio.toFixed(2),
    together.toFixed(0),
    manyRatio.toFixed(2),
  ],
  flags: options,
});
const text = textOf(20_000);
for (const build of ["simd128", "relaxed"]) {
  for (const architecture of MODELS) table.row(await measure(build, architecture, text));
}
table.end();
