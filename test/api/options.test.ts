import { describe, expect, it } from "vitest";
import { MODEL_DEFAULTS, TextModel, TRAIN_DEFAULTS, type ErrorCode } from "mynah";
import { failure } from "./errors.js";
import { create, exactPlaces, load, places, quick, text } from "./models.js";

type BadOption = readonly [options: object, code: ErrorCode, ...words: string[]];

/** A list without its second element, which is not the same as one that is undefined there. */
const holed = (first: unknown, third: unknown): unknown => Object.assign([], { 0: first, 2: third });

const badToCreate: readonly BadOption[] = [
  [{ hiddensize: 8 }, "unknown-option", `"hiddensize"`, `did you mean "hiddenSize"?`],
  [{ hidden_size: 8 }, "unknown-option", `did you mean "hiddenSize"?`],
  [{ epochs: 8 }, "unknown-option", "TextModel.create"],
  [{ hiddenSize: "8" }, "invalid-option", "hiddenSize", `"8"`],
  [{ hiddenSize: 8.5 }, "invalid-option", "hiddenSize", "8.5"],
  [{ hiddenSize: Number.NaN }, "invalid-option", "hiddenSize", "NaN"],
  [{ hiddenSize: 0 }, "invalid-option", "hiddenSize", "0"],
  [{ hiddenSize: -1 }, "invalid-option", "hiddenSize", "-1"],
  [{ hiddenSize: 1e9 }, "invalid-option", "hiddenSize"],
  [{ hiddenSize: 1e12 }, "invalid-option", "hiddenSize"],
  [{ numLayers: 0 }, "invalid-option", "numLayers"],
  [{ embeddingSize: 0 }, "invalid-option", "embeddingSize"],
  [{ seed: -1 }, "invalid-option", "seed", "-1"],
  [{ seed: 2 ** 60 }, "invalid-option", "seed"],
  [{ hiddenSize: [8, 0] }, "invalid-option", "hiddenSize", "[8, 0]", "list"],
  [{ hiddenSize: [] }, "invalid-option", "hiddenSize", "list"],
  [{ hiddenSize: holed(4, 4) }, "invalid-option", "hiddenSize is an array with nothing at 1", "list"],
  [{ cell: "GRU" }, "invalid-option", "cell", `"GRU"`, "rnn, gru, lstm, min-gru"],
  [{ documents: ["a"] }, "contradictory-options", "text", "documents"],
  [{ text: undefined, documents: "abc" }, "invalid-option", "documents", "list of strings"],
  [{ text: undefined, documents: ["a", 1] }, "invalid-option", "documents"],
  [
    { text: undefined, documents: holed("a", "b") },
    "invalid-option",
    "documents is an array with nothing at 1",
  ],
  [{ cell: "lstm", activation: "relu" }, "contradictory-options", "activation"],
  [{ cell: "rnn", resetAfter: false }, "contradictory-options", "resetAfter"],
  [{ resetAfter: 1 }, "invalid-option", "resetAfter", "boolean"],
  [{ build: "fast" }, "invalid-option", "build", "relaxed"],
  [{ worker: "yes" }, "invalid-option", "worker"],
  [{ signal: {} }, "invalid-option", "signal", "AbortSignal"],
  [{ text: 7 }, "invalid-option", "text"],
  [{ text: "" }, "empty-text"],
  [{ corpus: "fables" }, "contradictory-options", "text", "corpus"],
  [{ text: undefined }, "missing-option", "text", "fables"],
  [{ text: undefined, corpus: "fabels" }, "unknown-corpus", `did you mean "fables"?`],
  [{ text: undefined, corpus: "shakespeare" }, "unknown-corpus", "dinosaurs"],
];

const badToTrain: readonly BadOption[] = [
  [{ learningrate: 1 }, "unknown-option", `did you mean "learningRate"?`],
  [{ learningRate: 0 }, "invalid-option", "learningRate"],
  [{ learningRate: -1 }, "invalid-option", "learningRate"],
  [{ learningRate: Infinity }, "invalid-option", "learningRate"],
  [{ batchSize: 0 }, "invalid-option", "batchSize"],
  [{ seqLength: 0 }, "invalid-option", "seqLength"],
  [{ steps: 0 }, "invalid-option", "steps"],
  [{ steps: 1.5 }, "invalid-option", "steps"],
  [{ epochs: 0 }, "invalid-option", "epochs"],
  [{ seconds: 0 }, "invalid-option", "seconds"],
  [{ steps: 5, epochs: 5 }, "contradictory-options", "steps", "epochs"],
  [{ steps: 5, seconds: 5 }, "contradictory-options", "steps", "seconds"],
  [{ validation: 1 }, "invalid-option", "validation"],
  [{ validation: -0.1 }, "invalid-option", "validation"],
  [{ evaluateEvery: 0 }, "invalid-option", "evaluateEvery"],
  [{ clipNorm: -1 }, "invalid-option", "clipNorm"],
  [{ beta1: 1 }, "invalid-option", "beta1"],
  [{ beta2: 1 }, "invalid-option", "beta2"],
  [{ epsilon: 0 }, "invalid-option", "epsilon"],
  [{ schedule: "linear" }, "invalid-option", "schedule", "cosine"],
  [{ dutyCycle: 0.04 }, "invalid-option", "dutyCycle", "a number from 0.05 to 1"],
  [{ dutyCycle: 1.1 }, "invalid-option", "dutyCycle"],
  [{ dutyCycle: NaN }, "invalid-option", "dutyCycle"],
  [{ onStep: "log" }, "invalid-option", "onStep", "a function"],
  [{ text: undefined }, "missing-option", "text"],
  [{ corpus: "dinosaurs" }, "contradictory-options", "corpus"],
  [{ text: undefined, documents: holed("a", "b") }, "invalid-option", "documents"],
  [{ conditions: new Float32Array(2) }, "contradictory-options", "conditions", "documents"],
  [{ conditions: [1, 2] }, "invalid-option", "conditions", "Float32Array"],
];

const badToSample: readonly BadOption[] = [
  [{ maxLength: 5 }, "unknown-option", `did you mean "length"?`],
  [{ temperature: -1 }, "invalid-option", "temperature", "-1"],
  [{ temperature: Number.NaN }, "invalid-option", "temperature"],
  [{ length: -1 }, "invalid-option", "length"],
  [{ length: 1.5 }, "invalid-option", "length"],
  [{ seed: 0.5 }, "invalid-option", "seed"],
  [{ prompt: 5 }, "invalid-option", "prompt"],
  [{ unknown: "skip" }, "invalid-option", "unknown", "bytes, error"],
];

const badToFill: readonly BadOption[] = [
  [{ sweep: 2 }, "unknown-option", `did you mean "sweeps"?`],
  [{ text: undefined }, "missing-option", "text"],
  [{ text: "" }, "empty-text"],
  [{ text: "the cat" }, "invalid-option", "text", "_"],
  [{ text: 5 }, "invalid-option", "text"],
  [{ blank: "" }, "invalid-option", "blank", "exactly one symbol"],
  [{ blank: "__" }, "invalid-option", "blank", "exactly one symbol"],
  [{ temperature: -1 }, "invalid-option", "temperature", "-1"],
  [{ sweeps: -1 }, "invalid-option", "sweeps", "10000"],
  [{ sweeps: 10_001 }, "invalid-option", "sweeps", "10000"],
  [{ seed: 0.5 }, "invalid-option", "seed"],
  [{ unknown: "skip" }, "invalid-option", "unknown", "bytes, error"],
  [{ condition: [1] }, "invalid-option", "condition", "Float32Array"],
  [{ condition: new Float32Array(1) }, "invalid-option", "condition", "takes no condition"],
  [{ condition: Float32Array.of(1, NaN) }, "invalid-option", "condition", "NaN at 1"],
];

const badToEvaluate: readonly BadOption[] = [
  [{ stream: 2 }, "unknown-option", `did you mean "streams"?`],
  [{ streams: 0 }, "invalid-option", "streams"],
  [{ streams: -1 }, "invalid-option", "streams"],
  [{ streams: 2 ** 32 }, "invalid-option", "streams"],
  [{ window: 0 }, "invalid-option", "window"],
  [{ text: undefined }, "missing-option", "text"],
];

describe.each(exactPlaces)("a bad option $name", (place) => {
  const { worker, build } = place;

  it.for(badToCreate)("is refused by create: %o", async ([options, code, ...words]) => {
    await failure(TextModel.create({ text, worker, build, ...options } as never), code, ...words);
  });

  it.for(badToTrain)("is refused by train: %o", async ([options, code, ...words]) => {
    const model = await create(place);
    const before = await model.save();
    await failure(model.train({ text, ...options } as never), code, ...words);
    expect(await model.save()).toEqual(before);
  });

  it.for(badToSample)("is refused by sample: %o", async ([options, code, ...words]) => {
    const model = await create(place);
    await failure(model.sampleText(options as never), code, ...words);
  });

  it.for(badToFill)("is refused by fill: %o", async ([options, code, ...words]) => {
    const model = await create(place, { bidirectional: true });
    await failure(model.fill({ text: "the c_t", ...options } as never), code, ...words);
  });

  it.for(badToEvaluate)("is refused by evaluate: %o", async ([options, code, ...words]) => {
    const model = await create(place);
    await failure(model.evaluate({ text, ...options } as never), code, ...words);
  });

  it("is refused by load", async () => {
    const bytes = await (await create(place)).save();
    await failure(load(bytes, place, { symbol: "ab" } as never), "unknown-option", `did you mean "symbols"?`);
    await failure(TextModel.load("model" as never, { worker, build }), "invalid-option", "Uint8Array");
  });

  it("leaves the engine usable when it asks for too much memory", async () => {
    for (const tooBig of [
      { numLayers: 16 },
      // More bytes than 32 bits can count: what is left of the number must not pass for it.
      { cell: "lstm", numLayers: 9 },
      { cell: "gru", numLayers: 12 },
    ] as const) {
      await failure(create(place, { hiddenSize: 8192, ...tooBig }), "out-of-memory", "hiddenSize");
    }
    const model = await create(place);
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
  });
});

describe("a model file", () => {
  it.each(exactPlaces)("that is none is refused $name", async (place) => {
    const bytes = await (await create(place)).save();
    const flipped = bytes.slice();
    flipped[9] = 0xff;
    const damaged = bytes.slice();
    // The last number of the last tensor.
    new DataView(damaged.buffer).setFloat32(damaged.length - 4, NaN, true);
    for (const bad of [
      new Uint8Array(),
      new Uint8Array([1, 2, 3]),
      bytes.slice(0, 100),
      bytes.slice(0, -1),
      new TextEncoder().encode("Once upon a time there was a fox."),
      flipped,
    ]) {
      await failure(load(bad, place), "bad-model-file");
    }
    await failure(load(damaged, place), "bad-model-file", "linear.bias", "not finite");
  });
});

it("an option that is undefined counts as left out", async () => {
  const model = await create({ worker: false, build: undefined }, { cell: undefined, seed: undefined });
  expect(model.info.cell).toBe(MODEL_DEFAULTS.cell);
});

it("the defaults are those that the engine has", async () => {
  const { worker, build } = places[0] ?? {};
  const model = await TextModel.create({ text, worker, build, cell: "gru" });
  // What only other kinds of model have may not be given to a gru.
  const {
    cell: _____,
    activation,
    expansion,
    numHeads,
    contextLength,
    zoneoutCell: ____,
    conditionMode,
    ...ofGru
  } = MODEL_DEFAULTS;
  const explicit = await TextModel.create({ text, worker, build, ...ofGru, cell: "gru" });
  expect(await explicit.save()).toEqual(await model.save());

  for (const [options, expected] of [
    [{ cell: "rnn" }, { activation }],
    [
      { cell: "min-gru", block: true },
      { expansion, mlpFactor: 2 },
    ],
    [{ cell: "transformer" }, { numHeads, contextLength, mlpFactor: 4 }],
    [{ conditionSize: 3 }, { conditionMode }],
  ] as const) {
    const { info } = await create({ worker, build }, { ...options, embeddingSize: undefined });
    expect(info).toMatchObject(expected);
  }

  // What only other schedules have may not be given with a cosine.
  const { decayFactor: _, decayEvery: __, patience: ___, ...settings } = TRAIN_DEFAULTS;
  const long = text.repeat(3);
  const steps = 8;
  await model.train({ text: long, steps });
  await explicit.train({ text: long, steps, ...settings });
  expect(await explicit.save()).toEqual(await model.save());
});

it("in-process models have one build, which the first one chooses", async () => {
  await create({ worker: false, build: "simd128" });
  expect((await create({ worker: false, build: "auto" })).build).toBe("simd128");
  await failure(create({ worker: false, build: "relaxed" }), "contradictory-options", "simd128", "relaxed");
});

it("a corpus is a text with a name", async () => {
  const model = await create({ worker: false }, { corpus: "dinosaurs" });
  const result = await model.train({ corpus: "dinosaurs", ...quick, steps: 2 });
  expect(result.steps).toBe(2);
});
