// What is compared on which work, and for how long each may learn.

/**
 * @typedef {object} Row
 * @property {string} work one of WORKS
 * @property {string} name
 * @property {"ngram" | "compressor" | "mynah" | "writes" | "pytorch"} kind
 * @property {number} [order] of an n-gram
 * @property {object} [model] what TextModel.create takes besides the text
 * @property {object} [training] what model.train takes besides the text
 * @property {number} [points] readings on the way, if not 20
 * @property {boolean} [exact] false: the last reading, too, is in parts side by side
 * @property {string[]} [args] of pytorch.py
 * @property {number[]} seeds
 */

const floors = (work, orders) => [
  ...orders.map((order) => ({ work, name: `${order}-gram`, kind: "ngram", order, seeds: [] })),
  ...["gzip -9", "brotli -11", "xz -9e"].map((name) => ({ work, name, kind: "compressor", seeds: [] })),
];

/** Every architecture in three sizes; those of one size have as many seconds. Those of one of them are drawn. */
const SIZES = [
  { size: "0.3 M", seconds: 30, points: 1 },
  { size: "1 M", seconds: 45, points: 10 },
  { size: "3 M", seconds: 80, points: 1 },
];

/** Hidden sizes for the three numbers of parameters, with the alphabet of Tiny Shakespeare. */
const ARCHITECTURES = [
  { name: "rnn", model: { cell: "rnn" }, hidden: [480, 928, 1664] },
  { name: "gru", model: { cell: "gru" }, hidden: [248, 504, 912] },
  { name: "gru, reset before", model: { cell: "gru", resetAfter: false }, hidden: [248, 504, 912] },
  { name: "lstm", model: { cell: "lstm" }, hidden: [208, 432, 784] },
  { name: "lstm, layer norm", model: { cell: "lstm", layerNorm: true }, hidden: [208, 432, 784] },
  {
    name: "min-gru, 3 blocks",
    model: { cell: "min-gru", block: true, numLayers: 3 },
    hidden: [104, 192, 336],
  },
  { name: "transformer, 4 layers", model: { cell: "transformer", numLayers: 4 }, hidden: [80, 144, 248] },
];

// As a preset trains them, but that nothing is dropped: hardly more than a pass is read.
const architectures = ARCHITECTURES.flatMap(({ name, model, hidden }) =>
  SIZES.map(({ size, seconds, points }, i) => ({
    work: "tiny-shakespeare",
    name: `${name}, ${size}`,
    kind: "mynah",
    model: { ...model, hiddenSize: hidden[i] },
    training: { preset: "quick", seconds, dropout: 0, weightDrop: 0 },
    points,
    exact: false,
    seeds: [1],
  })),
);

const SEEDS = [1, 2, 3];

/** What a user gets who sets nothing but how much time there is. */
const presets = (work, names = ["quick", "balanced", "best"]) =>
  names.map((preset) => ({
    work,
    name: `preset ${preset}`,
    kind: "mynah",
    model: { preset },
    training: { preset },
    seeds: SEEDS,
  }));

const pytorch = [
  { name: "PyTorch, nanoGPT's recipe", args: ["nanogpt"] },
  { name: "PyTorch, lstm 256", args: ["lstm", "--steps", "3000"] },
].map((row) => ({ work: "tiny-shakespeare", kind: "pytorch", seeds: SEEDS, ...row }));

/** @type {readonly Row[]} */
export const ROWS = [
  ...floors("tiny-shakespeare", [4, 5, 6, 7]),
  ...pytorch,
  ...presets("tiny-shakespeare"),
  ...architectures,
  ...floors("names", [3, 4, 5, 6]),
  ...presets("names"),
  ...floors("poems", [2, 3, 4]),
  ...presets("poems"),
  ...floors("fables", [3, 4, 5, 6]),
  ...presets("fables"),
  { work: "fables", name: "npm start", kind: "writes", training: { seconds: 50 }, seeds: SEEDS },
  ...floors("fables-zh", [1, 2, 3]),
  ...presets("fables-zh"),
  ...floors("dinosaurs", [2, 3, 4, 5]),
  ...presets("dinosaurs"),
];

/** How to measure a row again. */
export const commandOf = ({ work, name }) => `npm run bench:quality -- --only '${work}: ${name}$'`;

/** What is drawn: curves of rows, and lines for floors. */
export const PLOTS = [
  {
    file: "quality",
    title: "Loss on the held-out tenth of Tiny Shakespeare",
    work: "tiny-shakespeare",
    rows: ARCHITECTURES.map(({ name }) => `${name}, 1 M`),
    floors: ["7-gram"],
  },
  {
    file: "quality-presets",
    title: "Presets and PyTorch on Tiny Shakespeare",
    work: "tiny-shakespeare",
    rows: ["preset quick", "preset balanced", "preset best", "PyTorch, lstm 256"],
    floors: ["7-gram"],
  },
];
