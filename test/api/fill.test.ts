import { describe, expect, it } from "vitest";
import { FILL_DEFAULTS, TextModel, type FillSettings } from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { create, exactPlaces, places, quick, small, text } from "./models.js";

const both = { bidirectional: true } as const;
const holes = "the c_t saw m___ by t_e r_v__. ";

/** A model that has learnt the text. */
async function trained(place: Parameters<typeof create>[0]): Promise<TextModel> {
  const model = await create(place, both);
  await model.train({ text, ...quick, steps: 150 });
  return model;
}

describe.each(places)("filling $name", (place) => {
  const { worker, build } = place;

  it("restores what was there, and leaves all else", async () => {
    const model = await trained(place);
    expect(await model.fill({ text: holes, seed: 1 })).toBe("the cat saw milk by the river. ");
    expect(await model.fill({ text: "_he dog saw ha_" })).toBe("the dog saw hay");
  });

  it("gives the same text for the same seed, and another one for another", async () => {
    const model = await create(place, both);
    const fill = (seed?: number) => model.fill({ text: "_".repeat(100), temperature: 1, seed });
    expect(await fill(1)).toBe(await fill(1));
    expect(await fill(1)).not.toBe(await fill(2));
    expect(await fill(), "without a seed it is random").not.toBe(await fill());
  });

  it("needs no seed to give the same text at temperature 0", async () => {
    const model = await create(place, both);
    const fill = () => model.fill({ text: "_".repeat(100), temperature: 0 });
    expect(await fill()).toBe(await fill());
  });

  it("leaves symbols that it does not know as they are, or refuses them", async () => {
    const model = await create(place, both);
    await failure(model.fill({ text: "the § c_t", unknown: "error" }), "unknown-symbol", "§", "unknown");
    expect(await model.fill({ text: "the § c_t" })).toMatch(/^the § c[^_]t$/);
    expect(await model.fill({ text: "the 😀 c_t" })).toMatch(/^the 😀 c[^_]t$/u);
    expect(await model.fill({ text: "the c😀t", blank: "😀" })).toMatch(/^the c[^😀]t$/u);
  });

  it("fills documents from their beginning to their end", async () => {
    const names = Array.from({ length: 60 }, (_, i) => `${["anna", "bella", "cora"][i % 3]}`);
    await using model = await TextModel.create({ documents: names, ...small, ...both, worker, build });
    await model.train({ documents: names, ...quick, steps: 100, validation: 0 });
    expect(await model.fill({ text: "_nna", temperature: 0 })).toBe("anna");
    expect(await model.fill({ text: "_el_a", temperature: 0 })).toBe("bella");
    expect(await model.fill({ text: "cor_", temperature: 0 })).toBe("cora");
  });

  it("depends on the condition, and needs one", async () => {
    const documents = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "dog" : "cat"));
    const conditions = Float32Array.from(documents, (name) => (name === "dog" ? 1 : -1));
    const cell = "gru" as const;
    const options = { documents, cell, ...small, ...both, conditionSize: 1, worker, build };
    await using model = await TextModel.create(options);
    await model.train({ documents, conditions, ...quick, steps: 100, validation: 0 });
    const fill = (value: number) =>
      model.fill({ text: "___", temperature: 0, condition: Float32Array.of(value) });
    expect([await fill(1), await fill(-1)]).toEqual(["dog", "cat"]);
    await failure(model.fill({ text: "___" }), "invalid-option", "condition", "conditionSize");
  });

  it("says what to do with a model that reads from the left alone", async () => {
    const model = await create(place);
    await failure(model.fill({ text: holes }), "contradictory-options", '"bidirectional"');
    const other = await create(place, both);
    await failure(other.sampleText(), "contradictory-options", "bidirectional", "fill");
  });

  it("goes on while the model is trained, and with others of its kind", async () => {
    const model = await create(place, both);
    const training = model.train({ text, ...quick, steps: 100 });
    const texts = await Promise.all([1, 2, 3].map((seed) => model.fill({ text: holes, seed })));
    for (const filled of texts) expect(filled).toHaveLength(holes.length);
    await training;
  });

  it("stops when it is aborted, before it begins or on its way", async () => {
    const model = await create(place, both);
    const reason = new Error("enough");
    const long = { text: "a_".repeat(20_000).replaceAll("a", "t"), sweeps: 10_000 };
    await expect(model.fill({ ...long, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const call = model.fill({ ...long, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(call).rejects.toBe(reason);
    expect(await model.fill({ text: "th_", seed: 1 })).toHaveLength(3);
  });
});

it("one seed gives the same filling in every place", async () => {
  const texts = await Promise.all(
    exactPlaces.map(async (place) => {
      const model = await create(place, { ...both, cell: "lstm", seed: 42 });
      await model.train({ text, ...quick, steps: 20 });
      return model.fill({ text: `${holes}${"_".repeat(200)}`, temperature: 1, seed: 9 });
    }),
  );
  expect(texts).toHaveLength(2);
  expect(texts[1]).toBe(texts[0]);
});

describe("an option of filling", () => {
  const place = { worker: false, build: "simd128" } as const;
  const base = { text: `${holes}${"_".repeat(50)}x`, temperature: 1, seed: 1 };
  const changes: readonly Partial<FillSettings>[] = [
    { text: `a${base.text}` },
    { blank: "x" },
    { temperature: 0 },
    { sweeps: 3 },
    { seed: 2 },
  ];

  it.each(changes)("has an effect: %o", async (change) => {
    const model = await create(place, { ...both, text: `${text}x` });
    const filled = await model.fill({ ...base, ...change });
    expect(filled).not.toBe(await model.fill(base));
    expect(filled).toBe(await model.fill({ ...base, ...change }));
  });

  it("has an effect: unknown", async () => {
    const model = await create(place, { ...both, text: `${text}x` });
    const odd = { ...base, text: `§${base.text}` };
    expect(await model.fill({ ...odd, unknown: "bytes" })).toBe(await model.fill(odd));
    await failure(model.fill({ ...odd, unknown: "error" }), "unknown-symbol", "§");
  });

  it("is in the table above, or has a test of its own", () => {
    const changed = changes.flatMap((change) => Object.keys(change));
    expect(new Set([...changed, "unknown", "condition", "signal"])).toEqual(
      new Set(Object.keys(optionsOf("fill"))),
    );
  });

  it("has the default that is documented", async () => {
    const model = await create(place, both);
    const given = { text: "_".repeat(60), seed: 3 };
    expect(await model.fill(given)).toBe(await model.fill({ ...given, ...FILL_DEFAULTS }));
  });
});
