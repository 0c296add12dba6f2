// A worker of one's own with 128 MB, of JavaScript's memory here, and of WebAssembly's by a flag of the process.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { memoryEstimate, TextModel } from "mynah/core";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 128 } });
  worker.once("message", (result) => console.log(JSON.stringify(result)));
} else {
  const text = "the cat sat on the mat and the rat sat on the hat. ".repeat(4000);
  const model = await TextModel.create({ text, cell: "gru", hiddenSize: 256, embeddingSize: 64 });
  await model.train({ text, steps: 20, batchSize: 16, seqLength: 64 });
  const written = await model.sampleText({ length: 60, seed: 1 });
  const bytes = await memoryEstimate({ text, hiddenSize: 256, batchSize: 16, seqLength: 64 });
  const tooLarge = await TextModel.create({ text, hiddenSize: 4096 }).then(
    (it) =>
      it.train({ text, steps: 1 }).then(
        () => "fits",
        ({ code }) => code,
      ),
    ({ code }) => code,
  );
  parentPort.postMessage({ build: model.build, hasWorker: model.hasWorker, written, bytes, tooLarge }, []);
}
