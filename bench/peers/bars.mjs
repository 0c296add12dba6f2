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

const against =
  (what, least, ours, peer) =>
  ([workload, bar = least]) => ({
    workload,
    what,
    least: bar,
    ours,
    peer,
  });

/** @type {readonly Bar[]} */
export const bars = [
  ...[
    ["W2-gru", 1],
    ["W1", 0.8],
    ["W2-lstm", 0.65],
    ["W3", 0.6],
  ].map(
    against("relaxed, 1 worker, against PyTorch, 1 thread", 0, mynah(1, "relaxed"), native("PyTorch", 1)),
  ),
  ...[
    ["W1", 1.2],
    ["W2-lstm", 1],
    ["W2-gru", 1.2],
  ].map(
    against(
      "relaxed, 1 worker, against Keras, 1 thread",
      0,
      mynah(1, "relaxed"),
      native("Keras/TensorFlow", 1),
    ),
  ),
  ...[
    ["W1", 1.9],
    ["W2-lstm", 1.6],
    ["W2-gru", 1.9],
    ["W3", 0.9],
  ].map(
    against(
      "relaxed, 2 workers, against Keras, 2 threads",
      0,
      mynah(2, "relaxed"),
      native("Keras/TensorFlow", 2),
    ),
  ),
  ...[["W1"], ["W2-lstm"], ["W2-gru"], ["W3"], ["W4"]].map(
    against("1 worker, against the best of TF.js", 25, mynah(1), web("TF.js")),
  ),
  ...[["W1"], ["W2-lstm"], ["W2-gru"]].map(
    against("1 worker, against brain.js", 75, mynah(1), web("brain.js")),
  ),
  ...[["S1"]].flatMap((it) => [
    against("simd128, against ONNX Runtime Web", 3.2, mynah(1, "simd128"), web("ONNX Runtime Web"))(it),
    against("relaxed, against ONNX Runtime Web", 4.5, mynah(1, "relaxed"), web("ONNX Runtime Web"))(it),
    against("against native ONNX Runtime, 1 thread", 2.3, mynah(1), native("ONNX Runtime", 1))(it),
  ]),
  ...[["S2"]].flatMap((it) => [
    against(
      "simd128 int8, against ONNX Runtime Web",
      7,
      mynah(1, "simd128", "int8"),
      web("ONNX Runtime Web"),
    )(it),
    against(
      "relaxed int8, against ONNX Runtime Web",
      12,
      mynah(1, "relaxed", "int8"),
      web("ONNX Runtime Web"),
    )(it),
  ]),
  against("against ONNX Runtime Web", 2.5, mynah(1), web("ONNX Runtime Web"))(["S1x64"]),
];

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
