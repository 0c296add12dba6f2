import { describe, expect, it } from "vitest";
import { TextModel, type CreateOptions } from "mynah";
import { failure } from "./errors.js";
import { places, quick, small } from "./models.js";

const names = Array.from(
  { length: 60 },
  (_, i) => `${["an", "bel", "cor"][i % 3]}${["na", "la", "dia", "ra"][i % 4]}${i}`,
);

describe.each(places)("documents $name", ({ worker, build }) => {
  const create = (options: Partial<CreateOptions> = {}) =>
    TextModel.create({ documents: names, ...small, worker, build, ...options } as CreateOptions);

  it("are learnt, foreseen and written one at a time", async () => {
    await using model = await create();
    expect(model.info.hasBoundary).toBe(true);
    expect([...model.info.symbols].toSorted()).toEqual([...new Set(names.join(""))].toSorted());
    const before = await model.evaluate({ documents: names });
    const result = await model.train({ documents: names, ...quick, epochs: 20 });
    const after = await model.evaluate({ documents: names });
    expect(after.loss).toBeLessThan(before.loss - 0.5);
    expect(result.validationLoss).toBeGreaterThan(0);
    const symbols = names.reduce((sum, { length }) => sum + length + 1, 0);
    expect(after.tokens, "each of them ends").toBe(symbols);
    const written = await model.sampleText({ length: 1000, seed: 3 });
    expect(written.length, "it ends by itself").toBeLessThan(100);
    expect(written.length).toBeGreaterThan(0);
  });

  it("are a model's own kind of text, also after loading", async () => {
    await using model = await create();
    await using again = await TextModel.load(await model.save(), { worker, build });
    expect(again.info).toEqual(model.info);
    expect(await again.evaluate({ documents: names })).toEqual(await model.evaluate({ documents: names }));
  });

  it("are gone on with from a checkpoint", async () => {
    await using whole = await create();
    const settings = { documents: names, ...quick, steps: 24, evaluateEvery: 4 } as const;
    await whole.train(settings);
    await using cut = await create();
    for await (const { step } of cut.train(settings)) if (step === 8) break;
    await using again = await TextModel.load(await cut.saveCheckpoint(), { worker, build });
    for await (const { step } of again.resume({ documents: names })) expect(step).toBeGreaterThan(8);
    expect(await again.save()).toEqual(await whole.save());
    const others = names.slice(1);
    await using third = await TextModel.load(await cut.saveCheckpoint(), { worker, build });
    await failure(third.resume({ documents: others }).next(), "different-text");
  });

  it("may be empty or missing only as errors", async () => {
    await failure(create({ documents: [] } as object), "empty-text");
    await failure(create({ documents: ["", ""] } as object), "empty-text");
    await using model = await TextModel.create({ text: "plain text", ...small, worker, build });
    await failure(model.train({ documents: names, ...quick, steps: 1 }), "contradictory-options");
  });
});
