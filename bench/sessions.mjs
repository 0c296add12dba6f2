// Sessions, as a user types: what reading a symbol and a list of suggestions take.
//
//   npm run bench -- sessions            a table
//   npm run bench -- sessions --json     one JSON object per row
//
// By the clock, with the way to the worker and back. Each model has learnt the fables for a while, because what is likely decides how far
// the search for words goes; the lists are those in the middle of words of the fables. Medians, and of lists of words what 95 of 100 stay
// below. The first list, which packs the weights, does not count.
import { loadCorpus, TextModel } from "../dist/node/index.js";
import { flags } from "./lib/arguments.mjs";
import { allowRelaxedSimd, circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";

const options = flags();
const [STEPS, LISTS, FEEDS] = options.smoke ? [2, 2, 1] : [200, 200, 5];
/** Symbols of one reading. */
const LENGTH = options.smoke ? 20 : 5000;
/** Symbols between two lists: not a multiple of a word. */
const BETWEEN = 7;

const MODELS = options.smoke
  ? [{ cell: "lstm", hiddenSize: 8 }]
  : [
      { cell: "lstm", hiddenSize: 256 },
      { cell: "lstm", hiddenSize: 512 },
      { cell: "gru", hiddenSize: 256 },
      { cell: "transformer", hiddenSize: 128 },
    ];

/** What a call takes, in milliseconds. */
async function timeOf(call) {
  const begin = performance.now();
  await call();
  return performance.now() - begin;
}

async function measure(build, architecture, text) {
  const model = await TextModel.create({ text, build, ...architecture });
  await model.train({ text, steps: STEPS, validation: 0 });
  const session = await model.session();
  const feeds = [];
  for (let i = 0; i < FEEDS; i++) {
    feeds.push(await timeOf(() => session.feed(text.slice(i * LENGTH, (i + 1) * LENGTH))));
  }
  const [symbols, words] = [[], []];
  await session.suggest();
  for (let i = 0; i < LISTS; i++) {
    await session.feed(text.slice(i * BETWEEN, (i + 1) * BETWEEN));
    symbols.push(await timeOf(() => session.suggest({ unit: "symbol" })));
    words.push(await timeOf(() => session.suggest({ unit: "word" })));
  }
  await model.dispose();
  return {
    build,
    ...architecture,
    feed: median(feeds.map((time) => (LENGTH / time) * 1000)),
    symbols: median(symbols),
    words: median(words),
    most: words.toSorted((a, b) => a - b)[Math.floor(0.95 * words.length)],
  };
}

allowRelaxedSimd();
const table = output({
  name: "sessions",
  circumstances: circumstances("wall clock, one worker"),
  head: ["build", "cell", "H", "symbols read/s", "5 symbols, ms", "5 words, ms", "95 % below"],
  cells: ({ build, cell, hiddenSize, feed, symbols, words, most }) => [
    build,
    cell,
    hiddenSize,
    feed.toFixed(0),
    symbols.toFixed(2),
    words.toFixed(2),
    most.toFixed(2),
  ],
  flags: options,
});
const text = await loadCorpus("fables");
for (const build of ["simd128", "relaxed"]) {
  for (const architecture of MODELS) table.row(await measure(build, architecture, text));
}
table.end();
