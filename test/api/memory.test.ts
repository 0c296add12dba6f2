// What a training takes of WebAssembly's memory: what was estimated, at its beginning, and ten thousand steps later not a page more.
import { spawn } from "node:child_process";
import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import { expect, it } from "vitest";
import { TextModel } from "mynah";
import { failure } from "./errors.js";
import { quick, text } from "./models.js";

const PAGE = 65_536;
const STEPS = 10_000;

// The package shows nobody its memory, so every instance that is made in this thread is noted.
const memories: WebAssembly.Memory[] = [];
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args: ConstructorParameters<typeof WebAssembly.Instance>) {
    const instance = new target(...args);
    memories.push(instance.exports["memory"] as WebAssembly.Memory);
    return instance;
  },
});

/** Runs memory-taken.mjs. */
async function measureInProcess(given: object): Promise<{ estimate: number; taken: number }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "memory-taken.mjs")]);
  child.stdin.end(JSON.stringify(given));
  return JSON.parse(await readAll(child.stdout)) as { estimate: number; taken: number };
}

const pages = () => (memories[0]?.buffer.byteLength ?? NaN) / PAGE;

const names = Array.from({ length: 6000 }, (_, i) => `${i * i}`);
const conditionSize = 200;
const conditions = names.length * conditionSize;

// Each in a process of its own, because memory that was taken once is used again.
it.each([
  { what: "a text", source: { text: text.repeat(20) }, sizes: { cell: "lstm", hiddenSize: 200 } },
  {
    what: "documents with conditions",
    source: { documents: names },
    sizes: { hiddenSize: 64, conditionSize, conditionMode: "film" },
    conditions,
  },
  {
    what: "one document that is nearly all of the list",
    source: { documents: ["ab", "cd", "efgh ".repeat(400_000)] },
    sizes: { hiddenSize: 32 },
  },
])("an estimate is within ten percent of what a training over $what takes", async (given) => {
  const { estimate, taken } = await measureInProcess(given);
  expect(estimate / taken).toBeGreaterThan(0.9);
  expect(estimate / taken).toBeLessThan(1.1);
});

it("a checkpoint takes nothing: it is written into JavaScript's memory", async () => {
  const model = await TextModel.create({
    text,
    cell: "lstm",
    hiddenSize: 200,
    worker: false,
    build: "simd128",
  });
  for await (const { step } of model.train({ text, steps: 100 })) if (step > 0) break;
  const before = pages();
  const file = await model.saveCheckpoint();
  expect(file.byteLength / PAGE, "pages of a file").toBeGreaterThan(40);
  // Its header is put together here.
  expect(pages()).toBeLessThanOrEqual(before + 1);
  await model.dispose();
});

it("sessions that come and go, and looks into texts, leave nothing", async () => {
  const model = await TextModel.create({ text, hiddenSize: 64, worker: false, build: "simd128" });
  const beginning = text.slice(0, 100);
  async function visit(): Promise<void> {
    await using session = await model.session();
    await session.feed(beginning);
    await using fork = await session.fork();
    await fork.sampleText({ length: 5 });
    await fork.suggest();
    await (await session.blend(fork)).dispose();
    await (await model.session({ state: await session.save() })).dispose();
    await model.score({ text: beginning, alternatives: 2 });
    await model.embed(beginning);
    await model.activations(beginning);
    await model.inputGradient(beginning);
  }
  for (let i = 0; i < 20; i++) await visit();
  const before = pages();
  // Were it only the states, of half a kilobyte each, it would be ten pages.
  for (let i = 0; i < 300; i++) await visit();
  expect(pages()).toBe(before);
  await model.dispose();
});

it("a training that would not fit is refused before it takes anything", async () => {
  const model = await TextModel.create({ text, hiddenSize: 64, worker: false, build: "simd128" });
  const before = pages();
  const long = text.repeat(20_000);
  const refused = model.train({ text: long, seqLength: 65_536, batchSize: 400, steps: 1 });
  await failure(refused, "out-of-memory", "GB");
  expect(pages()).toBe(before);
  await model.dispose();
});

const options = { hiddenSize: 8, embeddingSize: 6 };
const settings = { ...quick, steps: STEPS, batchSize: 2, averageDecay: 0.99, dropout: 0.1 };

it.each([
  { what: "a text", source: { text } },
  { what: "documents", source: { documents: text.split(" ") } },
])("the memory of a training over $what is flat over ten thousand steps", async ({ source }) => {
  const model = await TextModel.create({ worker: false, build: "simd128", ...options, ...source });
  let atFirstValidation = NaN;
  let events = 0;
  let validations = 0;
  for await (const { step, validationLoss } of model.train({ ...settings, ...source })) {
    events += 1;
    if (validationLoss !== undefined) validations += 1;
    // Each validation takes memory of its own and gives it back: the first has room made for all.
    if (validations === 1 && Number.isNaN(atFirstValidation)) {
      atFirstValidation = pages();
      expect(step).toBe(STEPS / 10);
    }
    if (validations > 0) expect(pages(), `pages after step ${step}`).toBe(atFirstValidation);
  }
  expect(validations).toBeGreaterThanOrEqual(10);
  expect(events).toBeGreaterThanOrEqual(validations);
  expect(memories.length, "one instance for all models of a thread").toBe(1);
  expect(pages()).toBe(atFirstValidation);
  expect(pages()).toBeGreaterThan(16);
  await model.dispose();
});
