// Captions for pictures of 16 x 16 dots: a text that depends on a vector (`conditions`), which could as well come from a sound, a
// sensor or another model. Some pairs of shape and place are never shown; whether such pictures are described rightly tells if the
// model has understood shape and place apart.
//
// A condition enters through a matrix, and a matrix over single dots cannot know a shape at a place where it never saw one: other
// dots, other weights. So the picture is first made into numbers that say what is there, wherever it is, and where it is, whatever
// it is (`look`).
//
//   npm run build && node examples/captions.mjs [bias | film | initial-state] [0 to 8: the pairs that are held out]
import { fileURLToPath } from "node:url";
import { TextModel } from "mynah";

export const SIZE = 16;
export const SHAPES = ["square", "ring", "cross", "bar", "pole", "star"];
export const PLACES = ["top", "middle", "bottom"].flatMap((row) =>
  ["left", "centre", "right"].map((column) => `${row} ${column}`),
);

/**
 * A shape and a place, by their positions in the lists.
 *
 * @typedef {{ shape: number, place: number }} Picture
 */

/** @param {Picture} picture */
export const caption = ({ shape, place }) => `a ${SHAPES[shape]} at the ${PLACES[place]}`;

const ALL = [...SHAPES.keys()].flatMap((shape) => [...PLACES.keys()].map((place) => ({ shape, place })));

/**
 * The 54 pairs fall into nine groups, and any of them may be held out: each has every shape once, at six different places.
 *
 * @param {number} group
 * @returns {{ shown: Picture[], heldOut: Picture[] }}
 */
export function split(group) {
  /** @param {Picture} picture */
  const isHeldOut = ({ shape, place }) => (shape + place) % PLACES.length === group;
  return { shown: ALL.filter((pair) => !isHeldOut(pair)), heldOut: ALL.filter(isHeldOut) };
}

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
 * @param {string | undefined} shape
 * @param {number} x
 * @param {number} y
 */
function covers(shape, x, y) {
  const [across, down] = [Math.abs(x), Math.abs(y)];
  if (across > 2 || down > 2) return false;
  if (shape === "ring") return across === 2 || down === 2;
  if (shape === "cross") return across === 0 || down === 0;
  if (shape === "bar") return down === 0;
  if (shape === "pole") return across === 0;
  if (shape === "star") return across === down;
  return true;
}

/**
 * Draws a shape somewhere in its ninth of the picture, more or less bright, on a ground that is not quite dark: 256 numbers.
 *
 * @param {Picture} picture
 * @param {() => number} random
 */
export function draw({ shape, place }, random) {
  const dots = new Float32Array(SIZE * SIZE);
  const middleX = 2 + 4 * (place % 3) + Math.floor(4 * random());
  const middleY = 2 + 4 * Math.floor(place / 3) + Math.floor(4 * random());
  const brightness = 0.5 + 0.5 * random();
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const ink = covers(SHAPES[shape], x - middleX, y - middleY) ? brightness : 0;
      dots[y * SIZE + x] = ink + 0.2 * random();
    }
  }
  return dots;
}

/** The ground is no brighter than this; what is brighter belongs to a shape. */
const GROUND = 0.2;

/** Patterns of 3 x 3 dots, drawn by lot; their numbers add up to zero, so that even light says nothing. */
const PATTERNS = Array.from({ length: 16 }, (_, k) => {
  const random = randomNumbers(k);
  const pattern = Array.from({ length: 9 }, () => random() - 0.5);
  const mean = pattern.reduce((sum, value) => sum + value) / 9;
  return pattern.map((value) => value - mean);
});

/**
 * How much of a pattern there is in the picture, wherever it is: the sum of all that answers to it.
 *
 * @param {Float32Array} light
 * @param {number[]} pattern
 */
function answer(light, pattern) {
  let sum = 0;
  for (let y = -1; y <= SIZE; y++) {
    for (let x = -1; x <= SIZE; x++) {
      let here = 0;
      for (const [k, weight] of pattern.entries()) {
        const [column, row] = [x - 1 + (k % 3), y - 1 + Math.floor(k / 3)];
        if (column >= 0 && column < SIZE) here += weight * (light[row * SIZE + column] ?? 0);
      }
      sum += Math.max(0, here);
    }
  }
  return sum;
}

/**
 * The vector of a picture. What is there: the answers to the patterns. Where it is: each row's and each column's part of the light.
 *
 * @param {Float32Array} dots
 */
export function look(dots) {
  const bright = dots.map((dot) => Math.max(0, dot - GROUND));
  const all = bright.reduce((sum, dot) => sum + dot);
  const light = bright.map((dot) => dot / all);
  const rows = Array.from({ length: SIZE }, () => 0);
  const columns = Array.from({ length: SIZE }, () => 0);
  for (const [at, dot] of light.entries()) {
    rows[Math.floor(at / SIZE)] += dot;
    columns[at % SIZE] += dot;
  }
  return [...PATTERNS.map((pattern) => answer(light, pattern)), ...rows, ...columns];
}

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
 * @param {import("mynah").PlaceOptions} [options.place]
 */
export async function learnCaptions({ conditionMode, group, place = {} }) {
  const { shown, heldOut } = split(group);
  const { documents, vectors } = makePictures(shown, 3000, 1);
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
    const settings = { epochs: 7, batchSize: 16, learningRate: 0.005, validation: 0 };
    await model.train({ documents, conditions, ...settings });
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
  return { pictures, written, pairs: compare(documents, written), bits };
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

/**
 * A picture for the terminal, two rows of dots a line, with a text beside it.
 *
 * @param {Float32Array | undefined} dots
 * @param {string | undefined} text
 */
export function show(dots, text) {
  /** @param {number} x @param {number} y */
  const isBright = (x, y) => (dots?.[y * SIZE + x] ?? 0) > 0.4;
  const lines = [...Array(SIZE / 2).keys()].map((line) => {
    const dotsOfLine = [...Array(SIZE).keys()].map((x) => {
      const [upper, lower] = [isBright(x, 2 * line), isBright(x, 2 * line + 1)];
      if (upper) return lower ? "█" : "▀";
      return lower ? "▄" : "·";
    });
    return dotsOfLine.join("") + (line === SIZE / 4 ? `   ${text}` : "");
  });
  return lines.join("\n");
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0)} %`;

// Only where the file is run, and not where a test imports it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const modes = /** @type {const} */ (["bias", "film", "initial-state"]);
  const conditionMode = modes.find((mode) => mode === process.argv[2]) ?? "bias";
  const { pictures, written, pairs, bits } = await learnCaptions({
    conditionMode,
    group: Number(process.argv[3] ?? 0),
  });
  console.log("Pictures of pairs that it was never shown, and what it says of them:\n");
  for (const i of [0, 1, 2]) console.log(`${show(pictures[i], written[i])}\n`);
  for (const pair of pairs) {
    console.log(
      `${pair.caption.padEnd(30)} ${percent(pair.words)} of the words right, ${percent(pair.captions)} of the captions`,
    );
  }
  console.log(
    `\nA caption costs ${bits.own.toFixed(1)} bits with its own picture, ${bits.shuffled.toFixed(1)} with another's;`,
  );
  console.log(`one of ${ALL.length} captions drawn by lot has ${Math.log2(ALL.length).toFixed(1)}.`);
}
