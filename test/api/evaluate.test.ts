import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { create, places, quick, text } from "./models.js";

describe.each(places)("evaluating $name", (place) => {
  it("gives figures that agree with each other", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 40 });
    const { loss, perplexity, bitsPerByte, accuracy, tokens } = await model.evaluate({ text });
    expect(tokens).toBe(text.length - 1);
    expect(perplexity).toBeCloseTo(Math.exp(loss), 6);
    expect(bitsPerByte).toBeCloseTo((loss * tokens) / (Math.LN2 * tokens), 2);
    expect(accuracy).toBeGreaterThan(0.2);
    expect(accuracy).toBeLessThan(1);
  });

  it("knows nothing before it was trained", async () => {
    const model = await create(place);
    const { loss } = await model.evaluate({ text });
    expect(loss).toBeCloseTo(Math.log(model.info.vocabularySize), 0);
  });

  it("comes to nearly the same in parts side by side", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 60 });
    const exact = await model.evaluate({ text });
    const inParts = await model.evaluate({ text, streams: 8 });
    expect(inParts.tokens).toBe(exact.tokens);
    expect(Math.abs(inParts.loss - exact.loss)).toBeLessThan(0.05);
  });

  it("foresees worse in windows that know nothing of each other, the worse the shorter", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 60 });
    const windows = [1, 8, 64, text.length].map((window) => model.evaluate({ text, window }));
    const results = await Promise.all(windows);
    expect(results.map(({ tokens }) => tokens)).toEqual(results.map(() => text.length - 1));
    const [single = NaN, short = NaN, long = NaN, whole = NaN] = results.map(({ loss }) => loss);
    expect(single).toBeGreaterThan(short);
    expect(short).toBeGreaterThan(long);
    expect(long).toBeGreaterThan(whole);
    expect(whole).toBeCloseTo((await model.evaluate({ text })).loss, 6);
    await failure(model.evaluate({ documents: ["Anna"], window: 2 }), "contradictory-options", "window");
    await failure(model.evaluate({ text, window: 2, streams: 1 }), "contradictory-options", "streams");
  });

  it("costs less than a hundredth of a bit with weights in 8 bits", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 60 });
    const whole = await model.evaluate({ text });
    const int8 = await model.evaluate({ text, quantize: "int8" });
    expect(int8.loss).not.toBe(whole.loss);
    expect(Math.abs(int8.bitsPerByte - whole.bitsPerByte)).toBeLessThan(0.01);
  });

  it("counts bytes, not symbols", async () => {
    const chinese = "乌龟送信山羊和熊吵了一架".repeat(4);
    const model = await create(place, { text: chinese });
    const { loss, bitsPerByte } = await model.evaluate({ text: chinese });
    expect(bitsPerByte).toBeCloseTo(loss / Math.LN2 / 3, 1);
  });

  it("refuses a text without a symbol to foresee", async () => {
    const model = await create(place);
    await failure(model.evaluate({ text: "" }), "empty-text");
    await failure(model.evaluate({ text: "a" }), "text-too-short");
  });
});
