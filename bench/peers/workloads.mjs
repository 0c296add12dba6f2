// What is measured: models and sizes, the same for every peer.

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {"train" | "sample"} kind
 * @property {"rnn" | "gru" | "lstm"} cell one layer of it between an embedding and a dense output
 * @property {number} embeddingSize
 * @property {number} hiddenSize
 * @property {number} batchSize streams, or sequences written at once
 * @property {number} [seqLength] symbols per stream and step of training
 */

/**
 * What one process measures.
 *
 * @typedef {object} Job
 * @property {string} peer
 * @property {string} [variant] backend of the peer
 * @property {"simd128" | "relaxed"} [build] of mynah
 * @property {"int8"} [quantize] of mynah
 * @property {number} [workers] of mynah
 * @property {number} threads that it may keep busy
 * @property {Workload} workload
 * @property {string} textFile
 */

/** @type {readonly Workload[]} */
export const workloads = [
  {
    name: "W1",
    kind: "train",
    cell: "lstm",
    embeddingSize: 64,
    hiddenSize: 128,
    batchSize: 32,
    seqLength: 64,
  },
  {
    name: "W2-lstm",
    kind: "train",
    cell: "lstm",
    embeddingSize: 128,
    hiddenSize: 256,
    batchSize: 32,
    seqLength: 64,
  },
  {
    name: "W2-gru",
    kind: "train",
    cell: "gru",
    embeddingSize: 128,
    hiddenSize: 256,
    batchSize: 32,
    seqLength: 64,
  },
  {
    name: "W3",
    kind: "train",
    cell: "lstm",
    embeddingSize: 128,
    hiddenSize: 512,
    batchSize: 50,
    seqLength: 128,
  },
  {
    name: "W4",
    kind: "train",
    cell: "rnn",
    embeddingSize: 128,
    hiddenSize: 256,
    batchSize: 32,
    seqLength: 64,
  },
  { name: "S1", kind: "sample", cell: "lstm", embeddingSize: 128, hiddenSize: 256, batchSize: 1 },
  { name: "S1x64", kind: "sample", cell: "lstm", embeddingSize: 128, hiddenSize: 256, batchSize: 64 },
  { name: "S2", kind: "sample", cell: "lstm", embeddingSize: 128, hiddenSize: 512, batchSize: 1 },
  { name: "S2x64", kind: "sample", cell: "lstm", embeddingSize: 128, hiddenSize: 512, batchSize: 64 },
];

/**
 * "LSTM 128, embedding 64, 32 × 64 symbols a step".
 *
 * @param {Workload} workload
 */
export function describe({ cell, hiddenSize, embeddingSize, batchSize, seqLength }) {
  const model = `${cell.toUpperCase()} ${hiddenSize}, embedding ${embeddingSize}`;
  if (seqLength !== undefined) return `training ${model}, ${batchSize} × ${seqLength} symbols a step`;
  return `sampling ${model}, ${batchSize === 1 ? "one text" : `${batchSize} texts at once`}`;
}
