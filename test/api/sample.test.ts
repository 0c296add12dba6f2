import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { TextModel } from "mynah";
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
    await model.train({ text, ...quick, steps: 60 });
    const write = (seed: number) => model.sampleText({ prompt: "the ", length: 80, temperature: 0, seed });
    expect(await write(1)).toBe(await write(2));
  });

  it("reads symbols that it does not know as their bytes, or refuses them", async () => {
    const model = await create(place);
    const prompt = "the § cat";
    await failure(model.sampleText({ prompt, unknown: "error" }), "unknown-symbol", "§", "unknown");
    expect(await model.sampleText({ prompt, length: 9 })).toHaveLength(9);
  });

  it("reads half a surrogate pair as U+FFFD", async () => {
    const model = await create(place);
    const prompt = "the 😀".slice(0, 5);
    await failure(model.sampleText({ prompt, unknown: "error" }), "unknown-symbol", "\uFFFD");
    const settings = { length: 20, seed: 1 } as const;
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

  it("writes a little differently with weights in 8 bits", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 60 });
    const write = (quantize?: "none" | "int8") => model.sampleText({ length: 400, seed: 5, quantize });
    expect(await write("none")).toBe(await write());
    expect(await write("int8")).toBe(await write("int8"));
    expect(await write("int8")).not.toBe(await write());
  });
});

describe.each(places)("sampling many texts $name", (place) => {
  const all = async (texts: AsyncIterable<string>) => {
    const list: string[] = [];
    for await (const written of texts) list.push(written);
    return list;
  };

  it("hands out whole texts in order, the first the one that sample writes", async () => {
    const model = await create(place);
    const settings = { prompt: "the ", length: 30, seed: 5 };
    const many = await all(model.sampleMany({ ...settings, count: 100 }));
    expect(many).toHaveLength(100);
    expect(new Set(many).size).toBe(100);
    expect(await all(model.sampleMany({ ...settings, count: 7 }))).toEqual(many.slice(0, 7));
    expect(many[0]).toBe(await model.sampleText(settings));
  });

  it("ends the documents of a model of documents", async () => {
    const documents = ["anna", "bo", "clementine", "dee"];
    const model = await TextModel.create({
      documents,
      hiddenSize: 16,
      embeddingSize: 8,
      worker: place.worker,
      build: place.build,
    });
    await model.train({ documents, steps: 300, learningRate: 0.02, validation: 0 });
    const names = await all(model.sampleMany({ count: 80, temperature: 0.5, seed: 1 }));
    await model.dispose();
    expect(names).toHaveLength(80);
    expect(new Set(names)).toEqual(new Set(documents));
  });

  it("is random without a seed", async () => {
    const model = await create(place);
    const write = () => all(model.sampleMany({ count: 2, length: 50 }));
    expect(await write()).not.toEqual(await write());
  });

  it("stops at once when it is aborted, also where more texts are ready", async () => {
    const model = await create(place);
    for (const { after, length } of [
      { after: 0, length: 1e9 },
      // All of them are written at the same time.
      { after: 3, length: 10 },
    ]) {
      const abort = new AbortController();
      const texts = model.sampleMany({ count: 50, length, signal: abort.signal });
      for (let taken = 0; taken < after; taken++) expect((await texts.next()).done).toBe(false);
      const next = after === 0 ? texts.next() : undefined;
      abort.abort(new Error("enough"));
      await expect(next ?? texts.next()).rejects.toThrow("enough");
      expect(await texts.next()).toEqual({ value: undefined, done: true });
      expect(await model.sampleText({ length: 5 })).toHaveLength(5);
    }
  });

  it("ends with the model, also where more texts are ready", async () => {
    const model = await create(place);
    const texts = model.sampleMany({ count: 50, length: 10 });
    expect((await texts.next()).done).toBe(false);
    await model.dispose();
    await failure(texts.next(), "disposed");
  });

  it("can be left", async () => {
    const model = await create(place);
    for await (const _ of model.sampleMany({ count: 100_000, length: 10 })) break;
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
  });

  it.each([
    [{}, "missing-option", "count"],
    [{ count: 0 }, "invalid-option", "count is 0, but must be a whole number from 1 to 100000"],
    [{ count: 1.5 }, "invalid-option", "count"],
    [{ count: 100_001 }, "invalid-option", "count"],
    [{ count: 2, quantize: "int4" }, "invalid-option", "one of none, int8"],
    [{ count: 2, prompt: "§", unknown: "error" }, "unknown-symbol", "§"],
  ] as const)("refuses %o", async (options, code, words) => {
    const model = await create(place);
    const call = async () => all(model.sampleMany(options as never));
    await failure(call(), code, words);
  });

  it("checks its options at the call, and takes them as they are then", async () => {
    const model = await create(place);
    expect(() => model.sampleMany({ cout: 1 } as never)).toThrow(`did you mean "count"?`);
    expect(() => model.sampleMany({} as never)).toThrow("give count");
    expect(() => model.sample({ length: "1" } as never)).toThrow("length");
    const options = { count: 2, length: 5, seed: 1 };
    const texts = model.sampleMany(options);
    options.count = 7;
    expect(await all(texts)).toHaveLength(2);
  });
});

it("a call that is made wrongly is called by its own name", async () => {
  const model = await create({ worker: false });
  const session = await model.session();
  const wrong = "the " as never;
  await failure(
    model.sampleText(wrong),
    "invalid-option",
    'model.sampleText takes one object of options, got "the "',
  );
  await failure(session.sampleText(wrong), "invalid-option", "session.sampleText takes one object");
  await failure(
    model.sampleText({ promt: "" } as never),
    "unknown-option",
    'model.sampleText has no option "promt"',
  );
  for (const [call, name] of [
    [() => model.sample(wrong), "model.sample"],
    [() => model.sampleMany(wrong), "model.sampleMany"],
    [() => model.sampleStream(wrong), "model.sampleStream"],
    [() => session.sample(wrong), "session.sample"],
    [() => session.sampleStream(wrong), "session.sampleStream"],
  ] as const) {
    expect(call).toThrow(`${name} takes one object of options`);
  }
});
