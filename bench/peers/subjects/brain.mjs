// brain.js 1.6.1: one string at a time, back-propagation over the whole of it; it knows no batches, no windows and no
// held-out text. Its embedding is as large as the alphabet.
import { generator } from "../../lib/random.mjs";

/** Strings that one call of train learns from. */
const STRINGS = 8;
const SAMPLED = 50;

/** @param {any} brain */
export async function prepare(brain, { workload }, text) {
  const { cell, hiddenSize, seqLength = 64 } = workload;
  const Net = cell === "lstm" ? brain.recurrent.LSTM : brain.recurrent.GRU;
  const net = new Net({ hiddenLayers: [hiddenSize] });
  const random = generator();
  const strings = () =>
    Array.from({ length: STRINGS }, () => {
      const start = Math.floor(random() * (text.length * 0.9 - seqLength));
      return text.slice(start, start + seqLength);
    });
  // The first call of train reads the alphabet off its strings, so that of the whole text has to be among them.
  net.train([[...new Set(text)].join(""), ...strings()], { iterations: 1 });
  if (workload.kind === "train") {
    return {
      step() {
        net.train(strings(), { iterations: 1 });
        return STRINGS * seqLength;
      },
    };
  }
  return {
    step() {
      // It may end a text early; what counts are the symbols that it wrote.
      net.maxPredictionLength = SAMPLED;
      return net.run(text.slice(0, 1), true, 0.8).length;
    },
  };
}
