// ONNX Runtime Web, which only infers: one symbol for each row and call, its softmax and draw in JavaScript.
import { generator } from "../../lib/random.mjs";
import { draw, encode } from "./data.mjs";
import { lstmStepFile } from "./onnx-file.mjs";

/** @param {any} ort */
export async function prepare(ort, { workload, threads }, text) {
  ort.env.wasm.numThreads = threads;
  const { hiddenSize, batchSize } = workload;
  const file = lstmStepFile(workload, encode(text).symbols.length);
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  const zeros = () =>
    new ort.Tensor("float32", new Float32Array(batchSize * hiddenSize), [1, batchSize, hiddenSize]);
  const random = generator();
  const symbols = new Int32Array(batchSize);
  let [h, c] = [zeros(), zeros()];
  return {
    async step() {
      const numbers = BigInt64Array.from(symbols, BigInt);
      const result = await session.run({ symbols: new ort.Tensor("int64", numbers, [1, batchSize]), h, c });
      draw(result.logits.data, batchSize, random, symbols);
      [h, c] = [result.next_h, result.next_c];
      return batchSize;
    },
    close: () => session.release(),
  };
}
