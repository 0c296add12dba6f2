// What needs no neural network: n-grams, and the compressors that everybody has.
import { execFileSync } from "node:child_process";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { KneserNey } from "./kneser-ney.mjs";

/** @typedef {import("./works.mjs").Source} Source */

/** Of documents: between them, before the first and after the last. */
const BOUNDARY = "\n";

/**
 * The held-out part under an n-gram model of what is learnt, in nats per symbol and in bits per byte. A symbol that was never seen
 * is read as the unknown symbol, as mynah reads it.
 *
 * @param {{ learnt: Source, heldOut: Source }} parts
 * @param {number} order
 */
export function ngram({ learnt, heldOut }, order) {
  const start = performance.now();
  const symbols = new Map([[undefined, 0]]);
  const learn = (symbol) => {
    if (!symbols.has(symbol)) symbols.set(symbol, symbols.size);
  };
  learn(BOUNDARY);
  for (const symbol of textOf(learnt)) learn(symbol);
  const encode = (text) => Uint32Array.from(text, (symbol) => symbols.get(symbol) ?? 0);
  const sequences = (source) => sequencesOf(source).map((text) => encode([...text]));
  const model = new KneserNey(sequences(learnt), order, symbols.size);
  const isText = heldOut.text !== undefined;
  const before = isText ? [...(learnt.text ?? "")].slice(-order) : [BOUNDARY];
  const given = before.length;
  const foreseen = isText ? [encode([...before, ...heldOut.text])] : sequences(heldOut);
  const { loss, symbols: count } = model.loss(foreseen, given);
  const bytes = Buffer.byteLength(textOf(heldOut));
  return {
    loss,
    bitsPerByte: (loss * count) / (Math.LN2 * bytes),
    seconds: (performance.now() - start) / 1000,
  };
}

/** @param {Source} source */
function sequencesOf({ text, documents }) {
  return text === undefined ? documents.map((it) => `${BOUNDARY}${it}${BOUNDARY}`) : [text];
}

/**
 * As one text, each document with its end.
 *
 * @param {Source} source
 */
function textOf({ text, documents }) {
  return text ?? documents.map((it) => it + BOUNDARY).join("");
}

/** The compressors, at their strongest; xz where it is installed. */
export const COMPRESSORS = {
  "gzip -9": (bytes) => gzipSync(bytes, { level: 9 }).length,
  "brotli -11": (bytes) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      },
    }).length,
  "xz -9e": (bytes) => execFileSync("xz", ["-9e", "--stdout"], { input: bytes, maxBuffer: 1 << 30 }).length,
};

/**
 * What the held-out part adds to the compressed file, in bits per byte of it.
 *
 * @param {{ learnt: Source, heldOut: Source }} parts
 * @param {(bytes: Buffer) => number} compressedSize
 */
export function compressed({ learnt, heldOut }, compressedSize) {
  const start = performance.now();
  const [first, second] = [Buffer.from(textOf(learnt)), Buffer.from(textOf(heldOut))];
  const added = compressedSize(Buffer.concat([first, second])) - compressedSize(first);
  return { bitsPerByte: (8 * added) / second.length, seconds: (performance.now() - start) / 1000 };
}
