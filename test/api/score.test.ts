import { describe, expect, it } from "vitest";
import { EMBED_DEFAULTS, SCORE_DEFAULTS, similarity, TextModel } from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, places, quick, small, text } from "./models.js";

describe.each(places)("scoring $name", (place) => {
  const { worker, build } = place;

  it("comes to what an evaluation comes to", async () => {
    const model = await create(place);
    const other = `${text}§ and more`;
    const { tokens, symbols } = await model.encode(other);
    const { bits, logProbabilities, ranks, entropies, ...totals } = await model.score(other);
    expect(totals).toEqual(await model.evaluate({ text: other }));
    expect([bits, logProbabilities, ranks, entropies].map(({ length }) => length)).toEqual(
      Array(4).fill(tokens.length),
    );
    // The unknown symbol, and two digits for each of two bytes.
    expect(symbols.slice(text.length, text.length + 6)).toEqual(["", "", "", "", "§", " "]);
    expect(symbols.join("")).toBe(other);
    expect([bits[0], logProbabilities[0], ranks[0], entropies[0]]).toEqual([0, 0, 0, 0]);
    const sum = bits.reduce((total, each) => total + each, 0);
    expect(sum / totals.tokens).toBeCloseTo(totals.loss / Math.LN2, 5);
    expect(ranks.filter((rank) => rank === 1).length / totals.tokens).toBeCloseTo(totals.accuracy, 9);
  });

  it("tells what would have come instead", async () => {
    const model = await create(place);
    const { alternatives = [], logProbabilities, ranks } = await model.score({ text, alternatives: 1000 });
    expect(alternatives).toHaveLength(text.length);
    expect(alternatives[0]).toEqual([]);
    for (const [at, those] of alternatives.entries()) {
      if (at === 0) continue;
      expect(those).toHaveLength(model.info.vocabularySize);
      expect(those.map(({ token }) => model.info.vocabulary[token])).toEqual(
        those.map(({ symbol }) => symbol),
      );
      const own = those[(ranks[at] ?? 0) - 1];
      expect(own?.symbol).toBe(text[at]);
      expect(Math.log(own?.probability ?? 0)).toBeCloseTo(logProbabilities[at] ?? NaN, 3);
    }
    const few = await model.score({ text, alternatives: 2 });
    expect(few.alternatives?.[5]).toEqual(alternatives[5]?.slice(0, 2));
    expect(await model.score(text)).not.toHaveProperty("alternatives");
  });

  it("tells parts of characters apart by their numbers", async () => {
    const model = await create(place, { tokenizer: "bytes" });
    const given = "狐狸";
    const { tokens } = await model.encode(given);
    const { alternatives = [], ranks } = await model.score({ text: given, alternatives: 256 });
    expect(alternatives[1]?.filter(({ symbol }) => symbol === "\ufffd").length).toBeGreaterThan(100);
    const came = alternatives.map((those, at) => those[(ranks[at] ?? 0) - 1]?.token);
    expect(came.slice(1)).toEqual(Array.from(tokens.subarray(1)));
  });

  it("scores a document to its end", async () => {
    const documents = ["anna", "bella", "cora"];
    await using model = await TextModel.create({ documents, ...small, worker, build });
    const { ranks, bits, alternatives, ...totals } = await model.score({ text: "bella", alternatives: 10 });
    expect(totals).toMatchObject(await model.evaluate({ documents: ["bella"] }));
    expect([ranks.length, bits.length, alternatives?.length]).toEqual([6, 6, 6]);
    expect(ranks[0]).toBeGreaterThan(0);
    expect(alternatives?.[5]?.map(({ symbol }) => symbol)).toContain("");
  });

  it("counts symbols, not UTF-16 units", async () => {
    const model = await create(place, { text: `${text}😀` });
    const { ranks } = await model.score("the 😀 cat");
    expect(ranks).toHaveLength(9);
  });

  it("makes vectors that are alike for texts that are", async () => {
    const model = await create(place);
    await model.train({ text, ...quick, steps: 60 });
    const [a, b, c] = [
      await model.embed("the cat saw hay by the river."),
      await model.embed("the cat saw hay by the field."),
      await model.embed("...tttt"),
    ];
    expect(a).toHaveLength(small.hiddenSize);
    expect(similarity(a, a)).toBeCloseTo(1, 6);
    expect(similarity(a, b)).toBeGreaterThan(similarity(a, c));
    expect(await model.embed({ text: "the cat", pooling: "last" })).not.toEqual(await model.embed("the cat"));
    expect(await model.embed({ text: "the cat", ...EMBED_DEFAULTS })).toEqual(await model.embed("the cat"));
  });

  it("stops when it is aborted", async () => {
    const model = await create(place);
    const reason = new Error("enough");
    const long = text.repeat(3000);
    for (const call of [
      (signal: AbortSignal) => model.score({ text: long, signal }),
      (signal: AbortSignal) => model.embed({ text: long, signal }),
    ]) {
      await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const pending = call(controller.signal);
      setTimeout(() => controller.abort(reason), 30);
      await expect(pending).rejects.toBe(reason);
    }
    expect((await model.score("the cat")).tokens).toBe(6);
  });

  it("refuses what it cannot read", async () => {
    const model = await create(place);
    await failure(model.score(""), "empty-text");
    await failure(model.score("a"), "text-too-short");
    await failure(model.embed(""), "empty-text");
    await failure(model.score({} as { text: string }), "missing-option", "text");
    await failure(model.embed({} as { text: string }), "missing-option", "text");
    await failure(model.score({ text, alternatives: 1001 }), "invalid-option", "alternatives", "1000");
    await failure(model.score({ text, condition: Float32Array.of(1) }), "invalid-option", "condition");
    await failure(
      model.score({ text, top: 3 } as object & { text: string }),
      "unknown-option",
      "model.score",
    );
    await failure(model.embed({ text, pooling: "max" as "mean" }), "invalid-option", "pooling");
    await model.dispose();
    await failure(model.score(text), "disposed");
    await failure(model.embed(text), "disposed");
  });
});

it("the options of scoring and embedding have effects and the defaults that are documented", async () => {
  const model = await create({ worker: false, build: "simd128" });
  const plain = await model.score(text);
  expect(await model.score({ text, ...SCORE_DEFAULTS })).toEqual(plain);
  expect((await model.score({ text, quantize: "int8" })).loss).not.toBe(plain.loss);
  expect(Object.keys(optionsOf("score"))).toEqual([
    "text",
    "alternatives",
    "condition",
    "quantize",
    "signal",
  ]);
  expect(Object.keys(optionsOf("embed"))).toEqual(["text", "pooling", "condition", "signal"]);
});

it("a condition is part of what is scored and embedded", async () => {
  const documents = ["dog", "cat"];
  await using model = await TextModel.create({ documents, ...small, conditionSize: 1, worker: false });
  const [one, other] = [Float32Array.of(1), Float32Array.of(-1)];
  const score = async (condition: Float32Array) => (await model.score({ text: "dog", condition })).loss;
  expect(await score(one)).not.toBe(await score(other));
  expect(await model.embed({ text: "dog", condition: one })).not.toEqual(
    await model.embed({ text: "dog", condition: other }),
  );
});

it("similarity is the cosine", () => {
  const vector = (...values: number[]) => Float32Array.from(values);
  expect(similarity(vector(1, 0), vector(0, 2))).toBe(0);
  expect(similarity(vector(3, 4), vector(6, 8))).toBe(1);
  expect(similarity(vector(1, 2), vector(-1, -2))).toBeCloseTo(-1, 12);
  expect(similarity(vector(0, 0), vector(1, 2))).toBe(0);
  expect(similarity(vector(1, 1), vector(1, 0))).toBeCloseTo(Math.SQRT1_2, 7);
  expect(() => similarity(vector(1), vector(1, 2))).toThrow("same length");
  expect(() => similarity(vector(), vector())).toThrow("same length");
  expect(() => similarity(vector(1), vector(1, 2))).toThrow("got 1 and 2 numbers");
  expect(() => similarity(vector(1), "a" as never)).toThrow(
    'Float32Arrays of the same length, of finite numbers; got "a"',
  );
  for (const odd of [NaN, Infinity]) {
    expect(() => similarity(vector(1, 2), vector(1, odd))).toThrow(`a Float32Array with ${odd} at 1`);
  }
});
