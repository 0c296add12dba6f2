// What a training takes of WebAssembly's memory: what was estimated, at its beginning, and ten thousand steps later not a page more.
import { expect, it } from "vitest";
import { memoryEstimate, TextModel } from "mynah";
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

const pages = () => (memories[0]?.buffer.byteLength ?? NaN) / PAGE;

it("an estimate is within ten percent of what a training takes", async () => {
  // The first model of this thread makes the instance, with what the program itself takes.
  await (await TextModel.create({ text, hiddenSize: 2, worker: false, build: "simd128" })).dispose();
  const before = pages();
  const sizes = { cell: "lstm", hiddenSize: 200, worker: false, build: "simd128" } as const;
  const long = text.repeat(20);
  const model = await TextModel.create({ text: long, ...sizes });
  await model.trainToEnd({ text: long, steps: 2, averageDecay: 0.9 });
  const taken = (pages() - before) * PAGE;
  const estimate = await memoryEstimate({ text: long, ...sizes, averageDecay: 0.9 });
  expect(estimate / taken).toBeGreaterThan(0.9);
  expect(estimate / taken).toBeLessThan(1.1);
  await model.dispose();
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

it("a training that would not fit is refused before it takes anything", async () => {
  const model = await TextModel.create({ text, hiddenSize: 64, worker: false, build: "simd128" });
  const before = pages();
  const long = text.repeat(20_000);
  const refused = model.trainToEnd({ text: long, seqLength: 65_536, batchSize: 400, steps: 1 });
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
