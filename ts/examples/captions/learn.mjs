// A model that learns captions, and its examination with pictures of what it has never seen.
import { TextModel } from "mynah";
import { look } from "./look.mjs";
import { caption, draw, randomNumbers, split } from "./pictures.mjs";

/** @typedef {import("./pictures.mjs").Picture} Picture */

/**
 * Pictures of the pairs in turn, and their captions.
 *
 * @param {readonly Picture[]} pairs
 * @param {number} count
 * @param {number} seed
 */
export function makePictures(pairs, count, seed) {
  const random = randomNumbers(seed);
  const made = Array.from({ length: count }, (_, i) => pairs[i % pairs.length] ?? { shape: 0, place: 0 });
  const pictures = made.map((pair) => draw(pair, random));
  return { documents: made.map(caption), pictures, vectors: pictures.map(look) };
}

/**
 * Brings every number of a vector to a mean of 0 and a deviation of 1 over these vectors, as a model likes them.
 *
 * @param {number[][]} vectors
 */
function scaler(vectors) {
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value) / values.length;
  const scales = (vectors[0] ?? []).map((_, k) => {
    const values = vectors.map((vector) => vector[k] ?? 0);
    const middle = mean(values);
    return { middle, deviation: Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) + 1e-6 };
  });
  /** @param {number[]} vector */
  const scale = (vector) => scales.map(({ middle, deviation }, k) => ((vector[k] ?? 0) - middle) / deviation);
  return scale;
}

/**
 * Learns captions, and says how well it describes pictures of the pairs that it has never seen.
 *
 * @param {object} options
 * @param {"bias" | "film" | "initial-state"} options.conditionMode
 * @param {number} options.group which pairs are held out
 * @param {number} [options.count] pictures to learn from
 * @param {number} [options.epochs]
 * @param {(step: import("mynah").TrainStep) => void} [options.onStep]
 * @param {import("mynah").PlaceOptions} [options.place]
 */
export async function learnCaptions({ conditionMode, group, count = 3000, epochs = 7, onStep, place = {} }) {
  const { shown, heldOut } = split(group);
  const { documents, vectors } = makePictures(shown, count, 1);
  const scale = scaler(vectors);
  const model = await TextModel.create({
    documents,
    // An lstm for the sake of initial-state, which has to be remembered until the caption's last word. The others do as well with a gru.
    cell: "lstm",
    hiddenSize: 64,
    embeddingSize: 16,
    conditionSize: vectors[0]?.length ?? 0,
    conditionMode,
    ...place,
  });
  try {
    const conditions = Float32Array.from(vectors.flatMap(scale));
    // No validation: its documents would be all of some captions, and so take more pairs away.
    const settings = { epochs, batchSize: 16, learningRate: 0.005, validation: 0 };
    await model.train({ documents, conditions, onStep, ...settings });
    return await examine(model, scale, makePictures(heldOut, 20 * heldOut.length, 2));
  } finally {
    await model.dispose();
  }
}

/**
 * @param {TextModel} model
 * @param {(vector: number[]) => number[]} scale
 * @param {ReturnType<typeof makePictures>} unseen
 */
async function examine(model, scale, { documents, pictures, vectors }) {
  const scaled = vectors.map(scale);
  const written = [];
  for (const vector of scaled) {
    written.push(
      await model.sampleText({ condition: Float32Array.from(vector), temperature: 0, length: 40 }),
    );
  }
  /** @param {number[][]} seen */
  const bitsPerCaption = async (seen) => {
    const { loss, tokens } = await model.evaluate({
      documents,
      conditions: Float32Array.from(seen.flat()),
    });
    return (loss * tokens) / documents.length / Math.LN2;
  };
  // The pairs stand in turn: moved on by one, every caption has the picture of another pair.
  const shuffled = [...scaled.slice(1), ...scaled.slice(0, 1)];
  const bits = { own: await bitsPerCaption(scaled), shuffled: await bitsPerCaption(shuffled) };
  return { unseen: pictures, written, pairs: compare(documents, written), bits };
}

/**
 * The share of right words and of right captions, pair by pair.
 *
 * @param {string[]} documents
 * @param {string[]} written
 */
function compare(documents, written) {
  return [...new Set(documents)].map((wanted) => {
    const texts = written.filter((_, i) => documents[i] === wanted);
    const words = wanted.split(" ");
    const right = texts.flatMap((text) => text.split(" ").filter((word, at) => word === words[at]));
    const whole = texts.filter((text) => text === wanted);
    return {
      caption: wanted,
      words: right.length / words.length / texts.length,
      captions: whole.length / texts.length,
    };
  });
}
