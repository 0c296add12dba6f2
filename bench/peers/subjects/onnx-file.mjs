// The sampling step of an Embedding-LSTM-Linear model as an ONNX file, for ONNX Runtime, in a page and native:
// Gather, LSTM over one time step, Reshape, Gemm. Written by hand, so that neither peer needs a tool of the other.
// Field numbers: onnx.proto3 of ONNX 1.17; wire format: Protocol Buffers (0 = varint, 2 = with a length).
import { generator } from "../../lib/random.mjs";

const FLOAT = 1;
const INT64 = 7;
const OPERATORS = 17;
const FORMAT = 8;

const utf8 = new TextEncoder();

function varint(value) {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
}

/** A field of a message: a number, text, bytes, or a message that was written before. */
function field(number, value) {
  if (typeof value === "number") return Uint8Array.from([...varint(number * 8), ...varint(value)]);
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  return joined([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const message = (...fields) => joined(fields.map(([number, value]) => field(number, value)));

function tensor(name, dimensions, values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const type = values instanceof BigInt64Array ? INT64 : FLOAT;
  return message(...dimensions.map((size) => [1, size]), [2, type], [8, name], [9, bytes]);
}

function node(operator, inputs, outputs, attributes = []) {
  const names = [...inputs.map((name) => [1, name]), ...outputs.map((name) => [2, name])];
  return message(...names, [4, operator], ...attributes.map((attribute) => [5, attribute]));
}

/** A whole number, of type INT (2). */
const attribute = (name, value) => message([1, name], [3, value], [20, 2]);

function valueInfo(name, type, dimensions) {
  const shape = message(...dimensions.map((size) => [1, message([1, size])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

/** The model's weights, whose values do not matter for its speed. */
function weights(H, E, V) {
  const random = generator();
  const noise = (size) => Float32Array.from({ length: size }, () => (random() - 0.5) * 0.2);
  return [
    tensor("embedding", [V, E], noise(V * E)),
    tensor("w_ih", [1, 4 * H, E], noise(4 * H * E)),
    tensor("w_hh", [1, 4 * H, H], noise(4 * H * H)),
    tensor("bias", [1, 8 * H], noise(8 * H)),
    tensor("rows", [2], BigInt64Array.of(-1n, BigInt(H))),
    tensor("w_o", [V, H], noise(V * H)),
    tensor("b_o", [V], noise(V)),
  ];
}

/**
 * @param {{ hiddenSize: number, embeddingSize: number, batchSize: number }} sizes
 * @param {number} vocabularySize
 * @returns {Uint8Array} inputs: symbols int64 [1, B], h and c [1, B, H]; outputs: logits [B, V], next_h, next_c
 */
export function lstmStepFile(sizes, vocabularySize) {
  const { hiddenSize: H, embeddingSize: E, batchSize: B } = sizes;
  const state = [1, B, H];
  const lstm = ["input", "w_ih", "w_hh", "bias", "", "h", "c"];
  const nodes = [
    node("Gather", ["embedding", "symbols"], ["input"]),
    node("LSTM", lstm, ["", "next_h", "next_c"], [attribute("hidden_size", H)]),
    node("Reshape", ["next_h", "rows"], ["hidden"]),
    node("Gemm", ["hidden", "w_o", "b_o"], ["logits"], [attribute("transB", 1)]),
  ];
  const graph = message(
    ...nodes.map((it) => [1, it]),
    [2, "lstm-step"],
    ...weights(H, E, vocabularySize).map((it) => [5, it]),
    [11, valueInfo("symbols", INT64, [1, B])],
    ...["h", "c"].map((name) => [11, valueInfo(name, FLOAT, state)]),
    [12, valueInfo("logits", FLOAT, [B, vocabularySize])],
    ...["next_h", "next_c"].map((name) => [12, valueInfo(name, FLOAT, state)]),
  );
  return message([1, FORMAT], [7, graph], [8, message([2, OPERATORS])]);
}
