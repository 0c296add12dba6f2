// The bars of speed against the peers: what is divided by what, and the least it has to be.
import { median } from "../lib/measure.mjs";

/** @typedef {import("./measuring.mjs").Result} Result */

/**
 * @typedef {object} Bar
 * @property {string} workload
 * @property {string} what
 * @property {number} least
 * @property {(row: Result) => boolean} ours of these the fastest
 * @property {(row: Result) => boolean} peer of these the fastest
 */

const inNode = ({ place }) => place === "node" || place === "other-node";
const mynah = (threads, build, quantize) => (it) =>
  it.peer === "mynah" &&
  inNode(it) &&
  it.threads === threads &&
  it.job.quantize === quantize &&
  (build === undefined || it.job.build === build);
const native = (peer, threads) => (it) => it.peer === peer && it.threads === threads;
const web = (peer) => (it) => it.peer === peer && inNode(it);

const RELAXED = mynah(1, "relaxed");
const RELAXED_BY_TWO = mynah(2, "relaxed");
const ORT_WEB = web("ONNX Runtime Web");

/** Of each comparison what it is, its two sides, and the bar of every workload that it is made in. */
const comparisons = [
  {
    what: "relaxed, 1 worker, against PyTorch, 1 thread",
    sides: [RELAXED, native("PyTorch", 1)],
    bars: { "W2-gru": 1, W1: 0.8, "W2-lstm": 0.65, W3: 0.6 },
  },
  {
    what: "relaxed, 1 worker, against Keras, 1 thread",
    sides: [RELAXED, native("Keras/TensorFlow", 1)],
    bars: { W1: 1.2, "W2-lstm": 1, "W2-gru": 1.2 },
  },
  {
    what: "relaxed, 2 workers, against Keras, 2 threads",
    sides: [RELAXED_BY_TWO, native("Keras/TensorFlow", 2)],
    bars: { W1: 1.9, "W2-lstm": 1.6, "W2-gru": 1.9, W3: 0.9 },
  },
  {
    what: "1 worker, against the best of TF.js",
    sides: [mynah(1), web("TF.js")],
    bars: { W1: 25, "W2-lstm": 25, "W2-gru": 25, W3: 25, W4: 25 },
  },
  {
    what: "1 worker, against brain.js",
    sides: [mynah(1), web("brain.js")],
    bars: { W1: 75, "W2-lstm": 75, "W2-gru": 75 },
  },
  {
    what: "simd128, against ONNX Runtime Web",
    sides: [mynah(1, "simd128"), ORT_WEB],
    bars: { S1: 3.2 },
  },
  { what: "relaxed, against ONNX Runtime Web", sides: [RELAXED, ORT_WEB], bars: { S1: 4.5 } },
  {
    what: "against native ONNX Runtime, 1 thread",
    sides: [mynah(1), native("ONNX Runtime", 1)],
    bars: { S1: 2.3 },
  },
  {
    what: "simd128 int8, against ONNX Runtime Web",
    sides: [mynah(1, "simd128", "int8"), ORT_WEB],
    bars: { S2: 7 },
  },
  {
    what: "relaxed int8, against ONNX Runtime Web",
    sides: [mynah(1, "relaxed", "int8"), ORT_WEB],
    bars: { S2: 12 },
  },
  { what: "against ONNX Runtime Web", sides: [mynah(1), ORT_WEB], bars: { S1x64: 2.5 } },
];

/** @type {readonly Bar[]} */
export const bars = comparisons.flatMap(({ what, sides: [ours, peer], bars: of }) =>
  Object.entries(of).map(([workload, least]) => ({ workload, what, least, ours, peer })),
);

/** Of results the one with the highest median. */
const fastest = (results) =>
  results
    .filter(({ speeds }) => speeds.length > 0)
    .toSorted((a, b) => median(b.speeds) - median(a.speeds))[0];

/**
 * The median over the rounds of one row's speed divided by another's in the same round.
 *
 * @param {Result} a
 * @param {Result} b
 */
export const ratioOf = (a, b) =>
  median(
    a.speeds.flatMap((speed, round) => speed / (b.speeds[round] ?? NaN)).filter((it) => !Number.isNaN(it)),
  );

/**
 * The bars whose both sides were measured.
 *
 * @param {readonly Result[]} results
 */
export function judge(results) {
  return bars.flatMap((bar) => {
    const of = results.filter(({ workload }) => workload === bar.workload);
    const [ours, peer] = [fastest(of.filter(bar.ours)), fastest(of.filter(bar.peer))];
    if (ours === undefined || peer === undefined) return [];
    const ratio = ratioOf(ours, peer);
    const { workload, what, least } = bar;
    return [{ workload, what, least, ratio, met: ratio >= least, ours: ours.name, peer: peer.name }];
  });
}
