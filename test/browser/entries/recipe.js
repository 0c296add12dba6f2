// What every entry of the package has to be able to do, wherever it runs.

/**
 * @param {typeof import("mynah").TextModel} TextModel
 * @param {import("mynah").PlaceOptions} [place]
 */
export async function trainAndWrite(TextModel, place = {}) {
  const corpus = "dinosaurs";
  await using model = await TextModel.create({ corpus, hiddenSize: 16, seed: 1, ...place });
  const { steps } = await model.train({ corpus, steps: 5, batchSize: 4, seqLength: 16 });
  const { hasWorker, build } = model;
  return { hasWorker, build, steps, written: [...(await model.sampleText({ length: 30, seed: 1 }))].length };
}
