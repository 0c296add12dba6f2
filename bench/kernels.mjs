// Speed of the kernels one by one: matrix products as a share of the register peak measured in turn with them, the rest in
// elements per nanosecond.
//
//   npm run bench -- kernels            a table
//   npm run bench -- kernels --json     one JSON object per row
//
// Processor time, not the clock's; medians of ROUNDS. The module is bench/kernels/src/lib.rs.
import { readFileSync } from "node:fs";
import {
  allowRelaxedSimd,
  circumstances,
  median,
  processorTime,
  tableHead,
  tableRow,
} from "./lib/measure.mjs";

const ROUNDS = 9;
const PEAK_ITERATIONS = 2_000_000;
/** Milliseconds of one measurement: long against the resolution of processor time. */
const SPAN = 15;

/** Name, sizes, and what the sizes are of. */
const PRODUCTS = [
  ["gemm", [32, 512, 128], "h W_hh', LSTM 128"],
  ["gemm", [32, 128, 512], "d_gates W_hh, LSTM 128"],
  ["gemm", [32, 1024, 256], "h W_hh', LSTM 256"],
  ["gemm", [32, 256, 1024], "d_gates W_hh, LSTM 256"],
  ["gemm", [32, 768, 256], "h W_hh', GRU 256"],
  ["gemm", [50, 2048, 512], "h W_hh', LSTM 512"],
  ["gemm", [50, 512, 2048], "d_gates W_hh, LSTM 512"],
  ["gemm_tn", [512, 128, 2048], "d_W_hh, LSTM 128"],
  ["gemm_tn", [1024, 256, 2048], "d_W_hh, LSTM 256"],
  ["gemm_tn", [2048, 512, 6400], "d_W_hh, LSTM 512"],
  ["gemm", [512, 65, 256], "logits, 65 symbols"],
  ["gemm", [512, 256, 65], "their gradient back"],
  ["gemm_tn", [65, 256, 512], "d_W_o, 65 symbols"],
];

const PASSES = [
  ["sigmoid", [2048], "values"],
  ["tanh", [2048], "values"],
  ["lstm_forward", [32, 256], "units"],
  ["lstm_backward", [32, 256], "units"],
  ["gru_forward", [32, 256], "units"],
  ["softmax", [512, 65], "logits"],
  ["adam", [300_000], "parameters"],
  ["pack", [1024, 256], "weights"],
];

const product = (sizes) => sizes.reduce((a, b) => a * b);

/** Milliseconds of one run of the prepared work, and the peak of the same moments in GFLOP/s. */
function measure(kernels, name, sizes) {
  kernels[name](...sizes);
  kernels.run(3);
  let times = 1;
  while (processorTime(() => kernels.run(times)) < SPAN) times *= 2;
  const [spans, peaks] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    let operations = 0;
    const peakTime = processorTime(() => (operations = kernels.peak(PEAK_ITERATIONS)));
    peaks.push(operations / peakTime / 1e6);
    spans.push(processorTime(() => kernels.run(times)) / times);
  }
  return { milliseconds: median(spans), peak: median(peaks) };
}

function* rows(build, kernels) {
  for (const [kernel, sizes, what] of PRODUCTS) {
    const { milliseconds, peak } = measure(kernels, kernel, sizes);
    const gigaflops = (2 * product(sizes)) / milliseconds / 1e6;
    yield { build, kernel, sizes, what, milliseconds, gigaflops, peak, share: gigaflops / peak };
  }
  for (const [kernel, sizes, what] of PASSES) {
    const { milliseconds } = measure(kernels, kernel, sizes);
    yield { build, kernel, sizes, what, milliseconds, perNanosecond: product(sizes) / milliseconds / 1e6 };
  }
}

function cells({ build, kernel, sizes, what, milliseconds, gigaflops, peak, share, perNanosecond }) {
  const speed =
    gigaflops === undefined
      ? [`${perNanosecond.toFixed(2)} ${what}/ns`, "", ""]
      : [`${gigaflops.toFixed(1)} GFLOP/s`, peak.toFixed(1), `${(share * 100).toFixed(0)} %`];
  const time = (milliseconds * 1000).toFixed(1);
  return [build, kernel, sizes.join(" × "), gigaflops === undefined ? "" : what, time, ...speed];
}

allowRelaxedSimd();
const json = process.argv.includes("--json");
if (!json) {
  console.log(`${circumstances()}\n`);
  console.log(tableHead(["build", "kernel", "sizes", "what", "µs", "speed", "peak", "share"]));
}
for (const build of ["simd128", "relaxed"]) {
  const file = new URL(`../build/bench/${build}/mynah_bench_kernels.wasm`, import.meta.url);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {});
  for (const row of rows(build, exports)) console.log(json ? JSON.stringify(row) : tableRow(cells(row)));
}
