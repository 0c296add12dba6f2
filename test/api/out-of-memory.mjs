// Asks for more memory than there is: a process of its own for out-of-memory.test.ts, which starts it with little and reads what each call came
// to.
import { TextModel } from "mynah";

const sentence = "the cat saw milk by the river. ";
/** Longer than all of the engine's memory. */
const long = sentence.repeat(500_000);
/** It fits, and what is made of it does not. */
const medium = sentence.repeat(100_000);
/** What is made of it fits, too, and what a network does with it does not. */
const short = sentence.repeat(5000);
const place = /** @type {const} */ ({ worker: true, build: "simd128" });
const small = { text: sentence, hiddenSize: 16, embeddingSize: 8, ...place };
const training = { batchSize: 4, seqLength: 16, steps: 2, workers: 1 };

/** @type {Record<string, (model: TextModel) => PromiseLike<unknown>>} */
const calls = {
  train: (model) => model.train({ text: medium, ...training, batchSize: 2000, seqLength: 500 }),
  "train on a long text": (model) => model.train({ text: long, ...training }),
  sampleText: (model) => model.sampleText({ prompt: long }),
  session: (model) => model.session({ state: new Uint8Array(20_000_000) }),
  feed: async (model) => (await model.session()).feed(long),
  evaluate: (model) => model.evaluate({ text: long }),
  score: (model) => model.score(long),
  embed: (model) => model.embed(long),
  activations: (model) => model.activations(medium),
  "activations of a text that fits": (model) => model.activations(short),
  inputGradient: (model) => model.inputGradient(long),
  gradientFlow: (model) => model.gradientFlow({ text: medium, batchSize: 4000, seqLength: 600 }),
};

/** @type {Record<string, () => PromiseLike<unknown>>} */
const others = {
  create: () => TextModel.create({ ...small, hiddenSize: 1500 }),
  "create from a long text": () => TextModel.create({ ...small, text: long }),
  load: () => TextModel.load(new Uint8Array(20_000_000), place),
  fill: async () => {
    const model = await TextModel.create({ ...small, bidirectional: true });
    return model.fill({ text: `${long}_` });
  },
};

/** @param {PromiseLike<unknown>} call */
const outcome = (call) =>
  call.then(
    () => "done",
    (/** @type {{ code?: string }} */ error) => error.code ?? String(error),
  );

/** @type {{ name: string, outcome: string, after: string }[]} */
const found = [];
for (const [name, call] of Object.entries(calls)) {
  const model = await TextModel.create(small);
  const came = await outcome(call(model));
  found.push({ name, outcome: came, after: await outcome(model.sampleText({ length: 5 })) });
  await model.dispose();
}
for (const [name, call] of Object.entries(others)) {
  const came = await outcome(call());
  found.push({ name, outcome: came, after: await outcome(TextModel.create(small)) });
}
console.log(JSON.stringify(found));
