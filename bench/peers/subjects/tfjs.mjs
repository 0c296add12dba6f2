// TensorFlow.js: training with trainOnBatch, sampling with the cell alone.
// Its wasm backend cannot train an Embedding layer (it lacks the gradient of the gather), so there the input is one-hot and a
// dense layer without bias takes the Embedding's place.
import { generator } from "../../lib/random.mjs";
import { draw, encode, windowsOf } from "./data.mjs";

/** @param {any} tf */
export async function prepare(tf, { variant, workload }, text) {
  await tf.setBackend(variant);
  await tf.ready();
  if (tf.getBackend() !== variant) throw new Error(`TensorFlow.js took ${tf.getBackend()}, not ${variant}`);
  const { symbols, ids } = encode(text);
  return workload.kind === "train"
    ? training(tf, workload, symbols.length, ids, variant === "wasm")
    : sampling(tf, workload, symbols.length);
}

/** Orthogonal matrices, its default, take it seconds to make and change no speed. */
const INITIALIZERS = { kernelInitializer: "glorotUniform", recurrentInitializer: "glorotUniform" };

function recurrent(tf, { cell, hiddenSize }) {
  const options = { units: hiddenSize, returnSequences: true, ...INITIALIZERS };
  if (cell === "lstm") return tf.layers.lstm(options);
  return cell === "gru" ? tf.layers.gru(options) : tf.layers.simpleRNN(options);
}

function training(tf, workload, vocabularySize, ids, isOneHot) {
  const { embeddingSize, batchSize, seqLength } = workload;
  const model = tf.sequential();
  model.add(
    isOneHot
      ? tf.layers.dense({ units: embeddingSize, useBias: false, inputShape: [seqLength, vocabularySize] })
      : tf.layers.embedding({
          inputDim: vocabularySize,
          outputDim: embeddingSize,
          inputShape: [seqLength],
        }),
  );
  model.add(recurrent(tf, workload));
  model.add(tf.layers.dense({ units: vocabularySize }));
  const loss = (wanted, logits) => tf.losses.softmaxCrossEntropy(wanted, logits);
  model.compile({ optimizer: tf.train.adam(1e-3), loss });
  const windows = windowsOf(ids, workload);
  const oneHot = (numbers) =>
    tf.tidy(() =>
      tf
        .oneHot(tf.tensor1d(numbers, "int32"), vocabularySize)
        .toFloat()
        .reshape([batchSize, seqLength, vocabularySize]),
    );
  return {
    async step() {
      const { inputs, targets } = windows();
      const x = isOneHot ? oneHot(inputs) : tf.tensor2d(inputs, [batchSize, seqLength], "int32");
      const y = oneHot(targets);
      const value = await model.trainOnBatch(x, y);
      tf.dispose([x, y]);
      if (!Number.isFinite(value)) throw new Error(`its loss is ${value}`);
      return batchSize * seqLength;
    },
  };
}

function sampling(tf, { hiddenSize, embeddingSize, batchSize }, vocabularySize) {
  const embedding = tf.randomNormal([vocabularySize, embeddingSize], 0, 0.1);
  const weights = tf.randomNormal([hiddenSize, vocabularySize], 0, 0.1);
  const bias = tf.zeros([vocabularySize]);
  const cell = tf.layers.lstmCell({ units: hiddenSize, ...INITIALIZERS });
  cell.build([batchSize, embeddingSize]);
  const random = generator();
  const symbols = new Int32Array(batchSize);
  let state = [tf.zeros([batchSize, hiddenSize]), tf.zeros([batchSize, hiddenSize])];
  return {
    step() {
      const [logits, ...next] = tf.tidy(() => {
        const input = tf.gather(embedding, tf.tensor1d(symbols, "int32"));
        const [output, h, c] = cell.call([input, ...state], {});
        return [tf.add(tf.matMul(output, weights), bias), h, c];
      });
      draw(logits.dataSync(), batchSize, random, symbols);
      tf.dispose([logits, ...state]);
      state = next;
      return batchSize;
    },
  };
}
