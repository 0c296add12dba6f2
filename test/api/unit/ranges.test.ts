// The ranges in the table of options are those of Rust: it refuses the first number on either side, in the same words.
import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { Engine } from "../../../ts/src/engine/engine.js";
import { CHARACTERS } from "../../../ts/src/tokenizer/asking.js";
import { describeIfWrong } from "../../../ts/src/options/check.js";
import { optionsOf, type Call } from "../../../ts/src/options/table.js";

const source = { text: "the cat saw the dog. ".repeat(20) };
const engine = new Engine();

beforeAll(async () => {
  const file = new URL("../../../dist/wasm/mynah_simd128.wasm", import.meta.url);
  await engine.start(await WebAssembly.compile(await readFile(file)), "simd128");
  await engine.create({ hiddenSize: 4, embeddingSize: 4 }, source);
  await engine.openSession(2, {});
});

const calls: Partial<Record<Call, (options: object) => Promise<unknown>>> = {
  create: ({ vocabularySize, ...options }: { vocabularySize?: number }) =>
    engine.create(options, source, { ...CHARACTERS, vocabularySize }),
  train: (options) => engine.openTraining(1, source, options),
  sampleMany: (options) => engine.openSampling(1, options),
  sessionSample: (options) => engine.openSessionSampling(3, 2, options),
  sessionSuggest: (options) => engine.suggestNext(3, 2, options),
  evaluate: (options) => engine.openEvaluation(1, source, options),
  gradientFlow: (options) => engine.gradientFlow(source, options),
};

// Rust has no upper bound for these, and for those of a transformer one that depends on others.
const unbounded = ["evaluateEvery", "steps", "patience", "numHeads", "contextLength"];

// Rust does not see it.
const unseen = ["dutyCycle"];

const ranges = Object.keys(calls).flatMap((call) =>
  Object.entries(optionsOf(call as Call))
    .filter(([name, { minimum }]) => minimum !== undefined && ![...unbounded, ...unseen].includes(name))
    .map(([name, spec]) => ({ call: call as Call, name, spec })),
);

it("there are ranges to compare", () => {
  const names = ranges.map(({ name }) => name).toSorted();
  expect(names).toEqual([
    "batchSize",
    "batchSize",
    "beamWidth",
    "beamWidth",
    "count",
    "embeddingSize",
    "hiddenSize",
    "n",
    "numLayers",
    "projectionSize",
    "repeatLastN",
    "repeatLastN",
    "seqLength",
    "seqLength",
    "streams",
    "vocabularySize",
    "window",
    "workers",
  ]);
});

it.each(ranges)("$name of $call", async ({ call, name, spec }) => {
  const { minimum = 0, maximum = 0 } = spec;
  for (const value of [minimum - 1, maximum + 1]) {
    const wanted = describeIfWrong(value, spec);
    await expect(calls[call]?.({ [name]: value })).rejects.toMatchObject({
      code: "invalid-option",
      message: `${name} is ${value}, but must be ${wanted}`,
    });
  }
  for (const bound of [minimum, maximum]) expect(describeIfWrong(bound, spec)).toBeUndefined();
});

it("steps begin with 1", async () => {
  await expect(engine.openTraining(1, source, { steps: 0 })).rejects.toMatchObject({
    code: "invalid-option",
  });
});
