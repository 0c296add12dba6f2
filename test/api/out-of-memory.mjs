// Asks for more memory than there is: a process of its own for out-of-memory.test.ts, which starts it with little and reads what each call came
// to.
import { createPool, memoryEstimate, overlap, suggest, TextModel } from "mynah";

const sentence = "the cat saw milk by the river. ";
/** Longer than all of the engine's memory. */
const long = sentence.repeat(350_000);
/** It fits, and what is made of it does not. */
const medium = sentence.repeat(100_000);
/** What is made of it fits, too, and what a network does with it does not. */
const short = sentence.repeat(5000);
const place = /** @type {const} */ ({ worker: true, build: "simd128" });
const small = { text: sentence, hiddenSize: 16, embeddingSize: 8, ...place };
const training = { batchSize: 4, seqLength: 16, steps: 2, workers: 1 };
/** Bytes, or numbers, beyond what there is room for. */
const MANY = 20_000_000;

/** @param {AsyncIterable<unknown>} pieces */
async function all(pieces) {
  for await (const _ of pieces);
}

/** @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream */
const read = (stream) => new Response(stream).text();

/** Leaves a training that can be gone on with. @param {TextModel} model */
async function beginTraining(model) {
  for await (const _ of model.train({ text: short, ...training, evaluateEvery: 1 })) break;
}

/**
 * Keeps all that a call makes, until one is refused, or there are so many. How many there are.
 *
 * @param {() => Promise<unknown>} make
 */
async function fill(make, most = MANY) {
  const made = [];
  try {
    while (made.length < most) made.push(await make());
  } catch (error) {
    return { count: made.length, error };
  }
  return { count: made.length };
}

/** @param {() => Promise<unknown>} make */
async function untilRefused(make) {
  const { error } = await fill(make);
  throw error;
}

/** @type {Record<string, (model: TextModel) => PromiseLike<unknown>>} */
const modelCalls = {
  train: (model) => model.train({ text: medium, ...training, batchSize: 2000, seqLength: 500 }),
  "train on a long text": (model) => model.train({ text: long, ...training }),
  resume: async (model) => {
    await beginTraining(model);
    await model.resume({ text: long });
  },
  sample: (model) => all(model.sample({ prompt: long })),
  sampleText: (model) => model.sampleText({ prompt: long }),
  sampleStream: (model) => read(model.sampleStream({ prompt: long })),
  sampleMany: (model) => all(model.sampleMany({ count: 3, prompt: long })),
  session: (model) => untilRefused(() => model.session()),
  "session of a state": (model) => model.session({ state: new Uint8Array(MANY) }),
  evaluate: (model) => model.evaluate({ text: long }),
  score: (model) => model.score(long),
  embed: (model) => model.embed(long),
  activations: (model) => model.activations(medium),
  "activations of a text that fits": (model) => model.activations(short),
  inputGradient: (model) => model.inputGradient(long),
  gradientFlow: (model) => model.gradientFlow({ text: medium, batchSize: 4000, seqLength: 600 }),
  encode: (model) => model.encode(long),
  decode: (model) => model.decode(Array.from({ length: MANY / 4 }, () => 1)),
  fill: (model) => model.fill({ text: `${long}_` }),
};

/** @type {Record<string, (session: import("mynah").Session) => PromiseLike<unknown>>} */
const sessionCalls = {
  feed: (session) => session.feed(long),
  sample: (session) => all(session.sample({ beamWidth: 64, length: MANY })),
  sampleText: (session) => session.sampleText({ stop: [long] }),
  sampleStream: (session) => read(session.sampleStream({ stop: [long] })),
  fork: (session) => untilRefused(() => session.fork()),
  blend: async (session) => {
    await session.feed("the");
    await untilRefused(() => session.blend(session));
  },
};

/** @type {Record<string, (pool: import("mynah").Pool) => PromiseLike<unknown>>} */
const poolCalls = {
  session: async (pool) => (await pool.session()).feed(long),
  sample: (pool) => all(pool.sample({ prompt: long })),
  sampleText: (pool) => pool.sampleText({ prompt: long }),
  sampleStream: (pool) => read(pool.sampleStream({ prompt: long })),
};

/** @type {Record<string, (file: Uint8Array) => PromiseLike<unknown>>} */
const startingCalls = {
  "TextModel.create": () => TextModel.create({ ...small, hiddenSize: 1500 }),
  "TextModel.create from a long text": () => TextModel.create({ ...small, text: long }),
  "TextModel.load": () => TextModel.load(new Uint8Array(MANY), place),
  "TextModel.load with growAlphabet": (file) =>
    TextModel.load(file, { ...place, growAlphabet: { text: long } }),
  createPool: () => createPool({ model: new Uint8Array(MANY), workers: 1 }),
  memoryEstimate: () => memoryEstimate({ ...small, text: long }),
  overlap: () => overlap(sentence, long),
  suggest: () => suggest(long, { seconds: 1 }),
};

/** Those that ask for little, of models whose memory is full. @type {Record<string, (model: TextModel, session: import("mynah").Session) => PromiseLike<unknown>>} */
const callsOfTheFull = {
  "model.lastTraining": (model) => model.lastTraining(),
  "model.exportTokenizer": (model) => model.exportTokenizer(),
  "model.save": (model) => model.save(),
  "model.saveCheckpoint": (model) => model.saveCheckpoint(),
  "session.suggest": (_, session) => session.suggest({ n: 100, unit: "word" }),
  "session.save": (_, session) => session.save(),
};

/** A model that has been trained, and a session of it with so many more beside it; until one is refused, where nothing is said. */
async function fillModel(most = MANY) {
  const model = await TextModel.create({ ...small, tokenizer: "bytes" });
  await beginTraining(model);
  const session = await model.session();
  // As much as a session remembers.
  await session.feed(short.slice(0, 5000));
  const { count } = await fill(() => session.fork(), most);
  return { model, session, count };
}

/** @param {PromiseLike<unknown>} call */
const outcome = (call) =>
  call.then(
    () => "done",
    (/** @type {{ code?: string }} */ error) => error.code ?? String(error),
  );

/** @type {{ name: string, outcome: string, after: string }[]} */
const found = [];

/**
 * Makes a call, and then one that needs little.
 *
 * @param {string} name
 * @param {() => PromiseLike<unknown>} call
 * @param {() => PromiseLike<unknown>} next
 */
async function note(name, call, next) {
  const came = await outcome(call());
  found.push({ name, outcome: came, after: await outcome(next()) });
}

for (const [name, call] of Object.entries(modelCalls)) {
  const model = await TextModel.create({ ...small, bidirectional: name === "fill" });
  await note(
    `model.${name}`,
    () => call(model),
    () => model.evaluate({ text: sentence }),
  );
  await model.dispose();
}
for (const [name, call] of Object.entries(sessionCalls)) {
  const model = await TextModel.create(small);
  const session = await model.session();
  await note(
    `session.${name}`,
    () => call(session),
    () => session.feed("the"),
  );
  await model.dispose();
}
const full = await fillModel();
for (const [name, call] of Object.entries(callsOfTheFull)) {
  // As many as there was room for in the one that ran out.
  const { model, session } = await fillModel(full.count - 1);
  await note(
    name,
    () => call(model, session),
    () => model.encode("the"),
  );
  await model.dispose();
}
const model = await TextModel.create(small);
const file = await model.save();
const pool = await createPool({ model: file, workers: 1 });
for (const [name, call] of Object.entries(poolCalls)) {
  await note(
    `pool.${name}`,
    () => call(pool),
    () => pool.sampleText({ length: 5 }),
  );
}
for (const [name, call] of Object.entries(startingCalls)) {
  await note(
    name,
    () => call(file),
    () => TextModel.create(small),
  );
}
console.log(JSON.stringify({ found, sessions: full.count }));
// Models that nobody disposed of would keep it running.
process.exit();
