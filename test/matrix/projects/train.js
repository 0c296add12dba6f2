// What every page of the matrix does with the package, and where it shows what came of it.

/** @param {typeof import("mynah").TextModel} TextModel */
export async function trainAndShow(TextModel) {
  const output = document.querySelector("output");
  const corpus = "dinosaurs";
  try {
    const model = await TextModel.create({ corpus, hiddenSize: 32, embeddingSize: 16 });
    for await (const step of model.train({ corpus, steps: 100, batchSize: 8, seqLength: 32 })) {
      output.textContent = `step ${step.step}: ${step.loss}`;
    }
    const written = await model.sampleText({ length: 60, seed: 1 });
    output.dataset.result = JSON.stringify({ build: model.build, hasWorker: model.hasWorker, written });
  } catch (error) {
    output.dataset.result = JSON.stringify({ error: String(error), cause: String(error.cause) });
  }
}
