import { describe, expect, it } from "vitest";
import { INPUT_GRADIENT_DEFAULTS, TextModel } from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, places, small, text } from "./models.js";

describe.each(places)("looking inside $name", (place) => {
  const { worker, build } = place;

  it("shows states and gates of an lstm, which fit each other", async () => {
    const model = await create(place, { numLayers: 2 });
    const { layers } = await model.activations("the cat saw");
    expect(layers).toHaveLength(2);
    for (const { hiddenSize, hidden, cell, gateNames, gates } of layers) {
      expect(gateNames).toEqual(["input", "forget", "candidate", "output"]);
      expect([hiddenSize, hidden.length, cell?.length]).toEqual([24, 11 * 24, 11 * 24]);
      expect(gates).toHaveLength(11 * 4 * 24);
      for (const [at, h] of hidden.entries()) {
        const [row, unit] = [Math.floor(at / 24), at % 24];
        const output = gates[(row * 4 + 3) * 24 + unit] ?? NaN;
        expect(h).toBeCloseTo(output * Math.tanh(cell?.[at] ?? NaN), 5);
      }
    }
  });

  it("shows of other cells what they have", async () => {
    const gru = await create(place, { cell: "gru" });
    const { layers } = await gru.activations({ text: "the" });
    expect(layers[0]?.gateNames).toEqual(["reset", "update", "candidate"]);
    expect(layers[0]).not.toHaveProperty("cell");
    const rnn = await create(place, { cell: "rnn" });
    const [layer] = (await rnn.activations("the")).layers;
    expect([layer?.gateNames, layer?.gates.length]).toEqual([[], 0]);
    expect(layer?.hidden).toHaveLength(3 * 24);
  });

  it("tells how much each symbol matters", async () => {
    const model = await create(place);
    const { norms, loss } = await model.inputGradient("the cat");
    expect(norms).toHaveLength(7);
    expect(norms[6]).toBe(0);
    expect(norms.slice(0, 6).every((norm) => norm > 0)).toBe(true);
    const { logProbabilities } = await model.score("the cat");
    expect(loss).toBeCloseTo(-(logProbabilities[6] ?? NaN), 4);
    const all = await model.inputGradient({ text: "the cat", of: "all" });
    expect(all.loss).toBeCloseTo((await model.evaluate({ text: "the cat" })).loss, 4);
    const again = await model.inputGradient({ text: "the cat", ...INPUT_GRADIENT_DEFAULTS });
    expect(again.norms).toEqual(norms);
  });

  it("stops when it is aborted, and ends with its model", async () => {
    const model = await create(place);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(model.activations({ text, signal })).rejects.toBe(reason);
    await expect(model.inputGradient({ text, signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const pending = model.activations({ text: text.repeat(100), signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(pending).rejects.toBe(reason);
    await model.dispose();
    await failure(model.activations("the"), "disposed");
    await failure(model.inputGradient("the"), "disposed");
  });

  it("refuses what has no inside, and what it cannot read", async () => {
    const both = await create(place, { bidirectional: true });
    await failure(both.activations("the"), "contradictory-options", "bidirectional");
    await failure(both.inputGradient("the"), "contradictory-options", "bidirectional");
    const { embeddingSize: _, ...sizes } = small;
    await using transformer = await TextModel.create({ ...sizes, cell: "transformer", text, worker, build });
    await failure(transformer.activations("the"), "contradictory-options", "transformer");
    expect((await transformer.inputGradient("the")).norms).toHaveLength(3);
    const model = await create(place);
    await failure(model.activations(""), "empty-text");
    await failure(model.inputGradient("a"), "text-too-short");
    await failure(model.inputGradient("a".repeat(2049)), "invalid-option", "2048");
    await failure(model.activations({} as { text: string }), "missing-option", "text");
    await failure(model.inputGradient({ text, of: "first" as "last" }), "invalid-option", "of");
  });
});

it("lets the thread turn before what is done in one go", async () => {
  const model = await create({ worker: false, build: "simd128" });
  const session = await model.session();
  for (const call of [
    () => session.suggest(),
    () => model.inputGradient("the cat"),
    () => model.gradientFlow({ text }),
  ]) {
    let hasTurned = false;
    setImmediate(() => (hasTurned = true));
    await call();
    expect(hasTurned).toBe(true);
  }
});

it("the options of looking inside are those that are tested here", () => {
  expect(Object.keys(optionsOf("activations"))).toEqual(["text", "condition", "signal"]);
  expect(Object.keys(optionsOf("inputGradient"))).toEqual(["text", "of", "condition", "signal"]);
});

it("a condition changes what goes on inside", async () => {
  const documents = ["dog", "cat"];
  await using model = await TextModel.create({ documents, ...small, conditionSize: 1, worker: false });
  const [one, other] = [Float32Array.of(1), Float32Array.of(-1)];
  const hidden = async (condition: Float32Array) =>
    (await model.activations({ text: "dog", condition })).layers[0]?.hidden;
  expect(await hidden(one)).toHaveLength(3 * 24);
  expect(await hidden(one)).not.toEqual(await hidden(other));
  const norms = async (condition: Float32Array) =>
    (await model.inputGradient({ text: "dog", condition })).norms;
  expect(await norms(one)).not.toEqual(await norms(other));
});
