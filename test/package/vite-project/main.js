// What a web developer writes first.
import { TextModel } from "mynah";

const output = document.querySelector("output");
try {
  const model = await TextModel.create({ corpus: "dinosaurs", hiddenSize: 32, embeddingSize: 16 });
  for await (const step of model.train({ corpus: "dinosaurs", steps: 100, batchSize: 8, seqLength: 32 })) {
    output.textContent = `step ${step.step}: ${step.loss}`;
  }
  const names = await model.sampleText({ length: 60, seed: 1 });
  output.dataset.result = JSON.stringify({ build: model.build, worker: model.worker, names });
} catch (error) {
  output.dataset.result = JSON.stringify({ error: String(error) });
}
