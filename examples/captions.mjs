// Captions for pictures of 16 x 16 dots. A picture is a vector of 256 numbers that the text depends on (`conditions`), and
// could come from anywhere: a camera, a sound, another model. Every shape with every place is learnt, but for one pair of the two:
// whether it is described rightly shows that the model has understood them apart.
//
//   npm run build && node examples/captions.mjs [bias | film | initial-state]
import { fileURLToPath } from "node:url";
import { TextModel } from "mynah";

export const SIZE = 16;
export const SHAPES = ["square", "cross", "ring", "bar"];
export const PLACES = ["top left", "top right", "bottom left", "bottom right"];

/**
 * The pair that no picture of the training shows. A bar is told from the others by how little there is of it, wherever it is; a ring
 * it takes for a square here, because a model that reads dots one by one has to see a shape in a place to know it there.
 */
export const HELD_OUT = { shape: "bar", place: "bottom left" };

/** @param {{ shape: string, place: string }} picture */
const isHeldOut = ({ shape, place }) => shape === HELD_OUT.shape && place === HELD_OUT.place;

/** @param {{ shape: string, place: string }} picture */
export const caption = ({ shape, place }) => `a ${shape} at the ${place}`;

/**
 * Random numbers from 0 to 1 that are the same every time (mulberry32).
 *
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Whether a shape covers a dot, by the dot's distance from the shape's middle in dots.
 *
 * @param {string} shape
 * @param {number} x
 * @param {number} y
 */
function covers(shape, x, y) {
  const [right, down] = [Math.abs(x), Math.abs(y)];
  if (shape === "bar") return right <= 2 && down === 0;
  if (right > 2 || down > 2) return false;
  if (shape === "cross") return right === 0 || down === 0;
  if (shape === "ring") return right === 2 || down === 2;
  return true;
}

/**
 * Draws a shape in a quarter of the picture, a dot here or there in it, and not equally bright everywhere.
 *
 * @param {{ shape: string, place: string }} picture
 * @param {() => number} random
 */
export function draw({ shape, place }, random) {
  const dots = new Float32Array(SIZE * SIZE);
  const jitter = () => Math.floor(random() * 3) - 1;
  const middleX = (place.endsWith("left") ? 4 : 11) + jitter();
  const middleY = (place.startsWith("top") ? 4 : 11) + jitter();
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const ink = covers(shape, x - middleX, y - middleY) ? 0.8 : 0;
      dots[y * SIZE + x] = ink + 0.2 * random();
    }
  }
  return dots;
}

/**
 * Pictures of random pairs, and their captions.
 *
 * @param {number} count
 * @param {{ seed: number, heldOut: boolean }} options heldOut: only the pair that is held out, or every other one
 */
export function makePictures(count, { seed, heldOut }) {
  const random = randomNumbers(seed);
  /** @param {string[]} list */
  const choose = (list) => list[Math.floor(random() * list.length)] ?? "";
  const documents = [];
  const conditions = new Float32Array(count * SIZE * SIZE);
  while (documents.length < count) {
    const picture = heldOut ? HELD_OUT : { shape: choose(SHAPES), place: choose(PLACES) };
    if (!heldOut && isHeldOut(picture)) continue;
    conditions.set(draw(picture, random), documents.length * SIZE * SIZE);
    documents.push(caption(picture));
  }
  return { documents, conditions };
}

/**
 * The same captions with each other's pictures: moved on by as many as a seventh of them, so that few meet their own kind.
 *
 * @param {{ documents: string[], conditions: Float32Array }} pictures
 */
export function shufflePictures({ documents, conditions }) {
  const by = Math.ceil(documents.length / 7) * SIZE * SIZE;
  const moved = new Float32Array(conditions.length);
  moved.set(conditions.subarray(by));
  moved.set(conditions.subarray(0, by), conditions.length - by);
  return { documents, conditions: moved };
}

/**
 * Learns captions, and says how well it has understood the pictures.
 *
 * @param {object} options
 * @param {"bias" | "film" | "initial-state"} options.conditionMode
 * @param {number} [options.count] pictures to learn from
 * @param {number} [options.epochs]
 * @param {import("mynah").PlaceOptions} [options.place]
 */
export async function learnCaptions({ conditionMode, count = 1500, epochs = 12, place = {} }) {
  const learnt = makePictures(count, { seed: 1, heldOut: false });
  const model = await TextModel.create({
    documents: learnt.documents,
    cell: "gru",
    hiddenSize: 64,
    embeddingSize: 16,
    conditionSize: SIZE * SIZE,
    conditionMode,
    ...place,
  });
  try {
    // Held-out documents are different from all others: that would take whole pairs of shape and place away.
    await model.trainToEnd({ ...learnt, epochs, batchSize: 32, learningRate: 0.005, validation: 0 });
    return await examine(model);
  } finally {
    await model.dispose();
  }
}

/** @param {TextModel} model */
async function examine(model) {
  const unseen = makePictures(60, { seed: 2, heldOut: true });
  const { written, wordAccuracy } = await describeAll(model, unseen);
  // Pictures of all kinds but the held-out one, so that another picture is mostly the picture of something else.
  const others = makePictures(300, { seed: 3, heldOut: false });
  const withOwn = await model.evaluate(others);
  const withAnother = await model.evaluate(shufflePictures(others));
  const bits = ((withAnother.loss - withOwn.loss) * withOwn.tokens) / others.documents.length / Math.LN2;
  return { written, wordAccuracy, bitsPerCaption: bits };
}

/**
 * @param {TextModel} model
 * @param {{ documents: string[], conditions: Float32Array }} pictures
 */
async function describeAll(model, { documents, conditions }) {
  const written = [];
  let [right, words] = [0, 0];
  for (const [i, wanted] of documents.entries()) {
    const condition = conditions.slice(i * SIZE * SIZE, (i + 1) * SIZE * SIZE);
    const text = await model.sampleText({ condition, temperature: 0, length: 40 });
    const got = text.split(" ");
    for (const [at, word] of wanted.split(" ").entries()) {
      words += 1;
      if (got[at] === word) right += 1;
    }
    written.push(text);
  }
  return { written, wordAccuracy: right / words };
}

// Only where the file is run, and not where a test imports it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const modes = /** @type {const} */ (["bias", "film", "initial-state"]);
  const conditionMode = modes.find((mode) => mode === process.argv[2]) ?? "bias";
  const { written, wordAccuracy, bitsPerCaption } = await learnCaptions({ conditionMode });
  console.log(`Never shown: ${caption(HELD_OUT)}. Of such pictures it says:`);
  for (const text of written.slice(0, 5)) console.log(`  ${text}`);
  console.log(`${(wordAccuracy * 100).toFixed(0)} % of the words are right.`);
  console.log(
    `The right picture instead of another one saves ${bitsPerCaption.toFixed(1)} bits per caption.`,
  );
}
