// Speed of a whole training step and of sampling, as a share of the register peak measured in the same process.
//
//   npm run bench -- step           a table
//   npm run bench -- step --json    one JSON object per row
//
// One thread. The peak is the wasm's own loop of multiply-adds in registers (crates/kernels/src/peak.rs).
// Peak and work are measured in turn, ROUNDS times, in processor time, and the medians are given, because shared machines
// drift by 10 % within a minute.
import { readFileSync } from "node:fs";
import { flags } from "./lib/arguments.mjs";
import { allowRelaxedSimd, circumstances, median, processorTime } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { textOf } from "./lib/text.mjs";

const flagged = flags();
const ROUNDS = flagged.smoke ? 1 : 9;
const WARM_UP_STEPS = 3;
const PEAK_ITERATIONS = flagged.smoke ? 100_000 : 4_000_000;
const SAMPLED_SYMBOLS = flagged.smoke ? 40 : 4_000;

/** Gates per hidden unit. */
const GATES = { rnn: 1, gru: 3, lstm: 4 };

const SMOKE = [{ cell: "lstm", hiddenSize: 8, batchSize: 2, seqLength: 8 }];
/** What is measured; where there is one, the bar that its share of the peak is to reach. */
const MODELS = [
  { bar: 0.85, cell: "lstm", hiddenSize: 128, batchSize: 32, seqLength: 64 },
  { bar: 0.85, cell: "gru", hiddenSize: 128, batchSize: 32, seqLength: 64 },
  { bar: 0.85, cell: "lstm", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { bar: 0.85, cell: "gru", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "rnn", hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { bar: 0.83, cell: "lstm", hiddenSize: 512, batchSize: 50, seqLength: 128 },
  { cell: "gru", resetAfter: false, hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "lstm", layerNorm: true, hiddenSize: 256, batchSize: 32, seqLength: 64 },
  { cell: "min-gru", block: true, hiddenSize: 192, numLayers: 3, batchSize: 32, seqLength: 64 },
  { cell: "transformer", hiddenSize: 128, numLayers: 4, batchSize: 32, seqLength: 64 },
];

/** Floating point operations of a training step: 6 for each weight of the recurrent and the output product and symbol; gathers, gates and Adam count nothing. Of recurrent cells of one layer; NaN for others. */
function stepOperations({ cell, hiddenSize, batchSize, seqLength }, vocabularySize) {
  const weights = GATES[cell] * hiddenSize * hiddenSize + hiddenSize * vocabularySize;
  return 6 * weights * batchSize * seqLength;
}

function measure(wasm, options, text) {
  const { batchSize, seqLength, bar: _, ...architecture } = options;
  const lent = wasm.Text.of(text);
  const model = wasm.Model.create(JSON.stringify(architecture), "{}", lent);
  const training = new wasm.Training(model, lent, JSON.stringify({ steps: 1_000_000, batchSize, seqLength }));
  const { vocabularySize } = JSON.parse(model.describe());
  for (let i = 0; i < WARM_UP_STEPS; i++) training.step(model, 0);
  wasm.registerPeak(PEAK_ITERATIONS);
  const steps = [];
  const peaks = [];
  const samples = [];
  for (let round = 0; round < ROUNDS; round++) {
    let operations = 0;
    const peakTime = processorTime(() => (operations = wasm.registerPeak(PEAK_ITERATIONS)));
    peaks.push(operations / peakTime / 1e6);
    steps.push(processorTime(() => training.step(model, 0)));
    const sampler = new wasm.Sampler(model, JSON.stringify({ length: SAMPLED_SYMBOLS, seed: round }));
    sampler.next(model, 1);
    samples.push(processorTime(() => sampler.next(model, SAMPLED_SYMBOLS - 1)));
    sampler.free();
  }
  training.free();
  model.free();
  const milliseconds = median(steps);
  const gigaflops = stepOperations(options, vocabularySize) / milliseconds / 1e6;
  const peak = median(peaks);
  return {
    ...options,
    milliseconds,
    tokensPerSecond: ((batchSize * seqLength) / milliseconds) * 1000,
    gigaflops,
    peak,
    share: gigaflops / peak,
    sampledPerSecond: ((SAMPLED_SYMBOLS - 1) / median(samples)) * 1000,
  };
}

const HEAD = [
  "build",
  "cell",
  "H",
  "B",
  "T",
  "ms/step",
  "symbols/s",
  "GFLOP/s",
  "peak",
  "share",
  "bar",
  "sampled/s",
];

/** A number, or nothing where it says nothing. */
const figure = (value, digits, unit = "") => (Number.isNaN(value) ? "" : value.toFixed(digits) + unit);

/** The cell, with what is not usual about it. */
const describe = ({ cell, resetAfter, layerNorm, numLayers }) =>
  [
    numLayers === undefined ? cell : `${numLayers} blocks, ${cell}`,
    resetAfter === false ? "reset before" : undefined,
    layerNorm === true ? "layer norm" : undefined,
  ]
    .filter(Boolean)
    .join(", ");

function cells(row) {
  return [
    row.build,
    describe(row),
    row.hiddenSize,
    row.batchSize,
    row.seqLength,
    row.milliseconds.toFixed(1),
    row.tokensPerSecond.toFixed(0),
    figure(row.gigaflops, 1),
    row.peak.toFixed(1),
    figure(row.share * 100, 0, " %"),
    figure((row.bar ?? NaN) * 100, 0, " %"),
    row.sampledPerSecond.toFixed(0),
  ];
}

allowRelaxedSimd();
const table = output({ name: "step", circumstances: circumstances(), head: HEAD, cells, flags: flagged });
const text = textOf(flagged.smoke ? 20_000 : 400_000);
for (const build of ["simd128", "relaxed"]) {
  const folder = new URL(`../build/wasm/${build}/`, import.meta.url);
  // A glue module holds one instance: the query makes it a module of its own for each build.
  const wasm = await import(new URL(`mynah_wasm.js?${build}`, folder).href);
  wasm.initSync({ module: readFileSync(new URL("mynah_wasm_bg.wasm", folder)) });
  for (const options of flagged.smoke ? SMOKE : MODELS) {
    table.row({ build, ...measure(wasm, options, text) });
  }
}
table.end();
