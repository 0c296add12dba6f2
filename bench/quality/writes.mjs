// Trains a model on a whole work as `npm start` does, lets it write, and counts what a reader would notice: words that are none, and
// passages that are copied.
//
//   node bench/quality/writes.mjs '{"work":"fables","training":{"seconds":50},"seed":1}'
//
// Prints one JSON object: the share of the words written that occur in the work, and the longest run of characters that stands there
// letter for letter.
import { TextModel } from "../../dist/node/index.js";
import { job } from "../lib/process.mjs";
import { readWork } from "./works.mjs";

const TEXTS = 20;
const LENGTH = 1000;
const TEMPERATURE = 0.7;

/** @type {{ work: string, model?: object, training?: object, seed?: number }} */
const { work, model: architecture = {}, training = {}, seed = 1 } = job();
const parts = readWork(work);
if (parts?.learnt.text === undefined) throw new Error(`${work} is no text, or not at hand`);
const text = parts.learnt.text + parts.heldOut.text;

const model = await TextModel.create({ text, ...architecture, seed });
const {
  tokens,
  epochs,
  seconds,
  loss: trained,
  validationLoss: loss,
} = await model.train({ text, ...training, seed });
const settings = { count: TEXTS, length: LENGTH, temperature: TEMPERATURE, seed };
const written = [];
for await (const one of model.sampleMany(settings)) written.push(one);
const { parameters } = model.info;
await model.dispose();

console.log(
  JSON.stringify({
    done: true,
    parameters,
    tokens,
    epoch: epochs,
    seconds,
    trained,
    loss,
    words: shareOfWords(written, text),
    copied: longestCopy(written, text),
    sample: written[0].slice(0, 400),
  }),
);

/** Of all words written; those that the ends of a text cut off are left out. */
function shareOfWords(texts, learnt) {
  const known = new Set(wordsOf(learnt));
  const words = texts.flatMap((one) => wordsOf(one).slice(1, -1));
  return words.filter((word) => known.has(word)).length / words.length;
}

/** @param {string} of */
function wordsOf(of) {
  return of.toLowerCase().match(/\p{L}+(?:['’]\p{L}+)*/gu) ?? [];
}

/** Characters of the longest run that stands in `learnt`, too. */
function longestCopy(texts, learnt) {
  let longest = 0;
  for (const one of texts) {
    for (let start = 0; start + longest < one.length; start += 1) {
      while (start + longest < one.length && learnt.includes(one.slice(start, start + longest + 1)))
        longest += 1;
    }
  }
  return longest;
}
