import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { create, places, quick, text } from "./models.js";

describe.each(places)("sampling $name", (place) => {
  it("hands out pieces that add up to the whole", async () => {
    const model = await create(place);
    let joined = "";
    for await (const piece of model.sample({ length: 400, seed: 5 })) {
      expect(piece).not.toBe("");
      joined += piece;
    }
    expect(joined).toHaveLength(400);
    expect(joined).toBe(await model.sampleText({ length: 400, seed: 5 }));
  });

  it("gives the same text for the same seed, and another one for another", async () => {
    const model = await create(place);
    const write = (seed?: number) => model.sampleText({ length: 100, seed });
    expect(await write(1)).toBe(await write(1));
    expect(await write(1)).not.toBe(await write(2));
    expect(await write(), "without a seed it is random").not.toBe(await write());
  });

  it("always takes the likeliest symbol at temperature 0", async () => {
    const model = await create(place);
    await model.trainToEnd({ text, ...quick, steps: 60 });
    const write = (seed: number) => model.sampleText({ prompt: "the ", length: 80, temperature: 0, seed });
    expect(await write(1)).toBe(await write(2));
  });

  it("refuses symbols that it does not know, or replaces them", async () => {
    const model = await create(place);
    await failure(model.sampleText({ prompt: "the § cat" }), "unknown-symbol", "§");
    expect(await model.sampleText({ prompt: "the § cat", unknown: "replace", length: 9 })).toHaveLength(9);
  });

  it("reads half a surrogate pair as U+FFFD", async () => {
    const model = await create(place);
    const prompt = "the 😀".slice(0, 5);
    await failure(model.sampleText({ prompt }), "unknown-symbol", "\uFFFD");
    const settings = { length: 20, seed: 1, unknown: "replace" } as const;
    expect(await model.sampleText({ ...settings, prompt })).toBe(
      await model.sampleText({ ...settings, prompt: "the \uFFFD" }),
    );

    const whole = "ab\uFFFD".repeat(30);
    const cut = "ab\uD83D".repeat(30);
    const ofCut = await create(place, { text: cut });
    expect(ofCut.info.symbols).toContain("\uFFFD");
    expect(await ofCut.sampleText({ prompt: cut, length: 5 })).toHaveLength(5);
    expect(await ofCut.evaluate({ text: cut })).toEqual(await ofCut.evaluate({ text: whole }));
  });

  it("never writes the unknown symbol", async () => {
    const model = await create(place, { text: "ab" });
    const written = await model.sampleText({ length: 500, temperature: 2, seed: 1 });
    expect(new Set(written)).toEqual(new Set(["a", "b"]));
  });

  it("writes symbols beyond the first plane whole", async () => {
    const model = await create(place, { text: "🙂🙃乌" });
    for await (const piece of model.sample({ length: 300, seed: 2 })) expect(piece.isWellFormed()).toBe(true);
  });

  it("stops when the loop is left, and several can be open", async () => {
    const model = await create(place);
    const [one, two] = [model.sample({ length: 1e9, seed: 1 }), model.sample({ length: 1e9, seed: 1 })];
    const [first, second] = [await one.next(), await two.next()];
    expect(first.done || second.done).toBe(false);
    for await (const _ of one) break;
    expect((await two.next()).done).toBe(false);
    await two.return();
  });

  it("writes nothing when nothing is wanted", async () => {
    const model = await create(place);
    expect(await model.sampleText({ length: 0 })).toBe("");
  });
});
