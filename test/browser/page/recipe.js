// One run of everything, for whoever brings the package: the page brings the browser's, the test brings Node's.

/** @import { CreateOptions, SampleOptions, TextModel, TrainOptions } from "mynah" */

/**
 * What crosses to a page is no stream.
 *
 * @typedef {{ text: string, documents?: undefined }} OfString
 */

/**
 * @typedef {object} Recipe
 * @property {CreateOptions & OfString} create
 * @property {TrainOptions & OfString} train
 * @property {SampleOptions} sample
 * @property {string} evaluate text
 */

/**
 * @param {typeof TextModel} Model
 * @param {Recipe} recipe
 */
export async function runRecipe(Model, recipe) {
  const model = await Model.create(recipe.create);
  try {
    const result = await model.train(recipe.train);
    const file = await model.save();
    const sample = await model.sampleText(recipe.sample);
    const { loss } = await model.evaluate({ text: recipe.evaluate });
    const again = await Model.load(file, { build: model.build });
    const sampleOfLoaded = await again.sampleText(recipe.sample);
    await again.dispose();
    return {
      build: model.build,
      steps: result.steps,
      trainLoss: result.loss,
      validationLoss: result.validationLoss,
      loss,
      sample,
      sampleOfLoaded,
      fileHash: await sha256(file),
    };
  } finally {
    await model.dispose();
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
