import { describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { create, load, places, quick, small, text } from "./models.js";

describe.each(places)("a model $name", (place) => {
  it("is created, trained, sampled, evaluated, saved and loaded", async () => {
    const model = await create(place);
    expect(model.build).toBe(place.build);
    const before = await model.evaluate({ text });
    const result = await model.train({ text, ...quick, steps: 60 });
    const after = await model.evaluate({ text });
    expect(result.steps).toBe(60);
    expect(after.loss).toBeLessThan(before.loss - 0.5);

    const sample = { prompt: "the ", length: 50, seed: 3 };
    const written = await model.sampleText(sample);
    expect(Array.from(written)).toHaveLength(50);

    const again = await load(await model.save(), place);
    expect(again.info).toEqual(model.info);
    expect(await again.sampleText(sample)).toBe(written);
    expect(await again.evaluate({ text })).toEqual(after);
  });

  it.each([
    { cell: "rnn" },
    { cell: "rnn", activation: "relu" },
    { cell: "gru" },
    { cell: "gru", resetAfter: false },
    { cell: "lstm" },
    { cell: "lstm", numLayers: 2 },
  ] as const)("keeps its architecture in its file: %o", async (options) => {
    const model = await create(place, options);
    expect(model.info).toMatchObject({ ...small, ...options });
    const again = await load(await model.save(), place);
    expect(again.info).toEqual(model.info);
    expect(await again.save()).toEqual(await model.save());
  });

  it("takes its vocabulary from the text, symbol by symbol", async () => {
    const model = await create(place, { text: "b🙂a乌b" });
    expect([...model.info.symbols].toSorted()).toEqual(["a", "b", "乌", "🙂"].toSorted());
    expect(model.info.vocabularySize).toBe(5);
  });

  it("says how many parameters its tensors have", async () => {
    const { info } = await create(place);
    const inTensors = info.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(info.parameters).toBe(inTensors);
    expect(info.bytes).toBe(4 * inTensors);
  });

  it("loads from an ArrayBuffer, and leaves the bytes to their owner", async () => {
    const bytes = await (await create(place)).save();
    const again = await load(bytes, place);
    expect(await again.save()).toEqual(bytes);
    expect(bytes.byteLength, "neither copy was taken away").toBeGreaterThan(0);
    const fromBuffer = await TextModel.load(bytes.buffer, { worker: place.worker, build: place.build });
    expect(await fromBuffer.save()).toEqual(bytes);
    await fromBuffer.dispose();
  });

  it("takes the bytes at once, and the caller may use the buffer again", async () => {
    const bytes = await (await create(place)).save();
    const buffer = new Uint8Array(bytes);
    const loading = load(buffer, place);
    buffer.fill(0);
    expect(await (await loading).save()).toEqual(bytes);
    const view = new Uint8Array(bytes.length + 20);
    view.set(bytes, 10);
    expect(await (await load(view.subarray(10, -10), place)).save()).toEqual(bytes);
  });
});

it.each([
  [places[0], places[1]],
  [places[1], places[0]],
] as const)("a file written in one place loads in the other", async (from, to) => {
  if (from === undefined || to === undefined) throw new Error("there are two places at least");
  const model = await create(from);
  const again = await load(await model.save(), to);
  expect(await again.save()).toEqual(await model.save());
});
