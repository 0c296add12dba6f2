// A model that is trained further on a text with other symbols.
import { describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { failure } from "./errors.js";
import { create, exactPlaces, load, quick, text } from "./models.js";

const other = "Über 狼 und 🦊: THE CAT SAW THE OWL! ".repeat(40);

describe.each(exactPlaces)("a model whose alphabet grows $name", (place) => {
  async function learnt(options = {}) {
    const model = await create(place, options);
    await model.train({ text, ...quick, steps: 60 });
    return model;
  }

  it.each([
    {},
    { tieWeights: true },
    { projectionSize: 6 },
    { cell: "transformer", numHeads: 2, embeddingSize: 24 } as const,
  ])("foresees what it knew as before, and learns the rest: %j", async (options) => {
    const model = await learnt(options);
    const grown = await load(await model.save(), place, { growAlphabet: { text: other } });
    const added = [...new Set(other)].filter((symbol) => !model.info.symbols.includes(symbol)).toSorted();
    expect(grown.info.vocabularySize).toBe(model.info.vocabularySize + added.length);
    expect(grown.info.symbols.startsWith(model.info.symbols)).toBe(true);
    const [before, after] = [await model.evaluate({ text }), await grown.evaluate({ text })];
    expect(Math.abs(after.loss - before.loss)).toBeLessThan(1e-5);
    expect(await grown.sampleText({ seed: 1, temperature: 0 })).toBe(
      await model.sampleText({ seed: 1, temperature: 0 }),
    );
    const untrained = await grown.evaluate({ text: other });
    await grown.train({ text: other, ...quick, steps: 150 });
    const trained = await grown.evaluate({ text: other });
    expect(trained.loss).toBeLessThan(untrained.loss / 2);
    const written = await grown.sampleText({ prompt: "狼", unknown: "error", length: 5 });
    expect([...written]).toHaveLength(5);
  });

  it("grows by what is read, and by documents", async () => {
    const model = await learnt();
    const file = await model.save();
    const byText = await load(file, place, { growAlphabet: { text: other } });
    const byBlob = await load(file, place, { growAlphabet: { text: new Blob([other]) } });
    expect(byBlob.info).toEqual(byText.info);
    const byNames = await load(file, place, { growAlphabet: { documents: ["Ä", "Ö"] } });
    expect(byNames.info.symbols).toBe(`${model.info.symbols}ÄÖ`);
    expect((await load(file, place, { growAlphabet: { text } })).info).toEqual(model.info);
  });

  it("does not go on with the run of a checkpoint", async () => {
    const model = await create(place);
    for await (const { step } of model.train({ text, ...quick, steps: 60 })) if (step > 0) break;
    const grown = await load(await model.saveCheckpoint(), place, { growAlphabet: { text: other } });
    await failure(grown.resume({ text }).next(), "no-training-state");
    await grown.train({ text: other, ...quick, steps: 2 });
  });

  it("is refused what is no text", async () => {
    const file = await (await create(place)).save();
    const refused = (growAlphabet: unknown) =>
      TextModel.load(file, { worker: place.worker, build: place.build, growAlphabet } as never);
    await failure(refused({}), "missing-option");
    await failure(refused("text"), "invalid-option", "growAlphabet");
    await failure(refused({ text, documents: ["a"] }), "contradictory-options");
    await failure(refused({ text: "" }), "empty-text");
    await failure(refused({ corpus: "shakespeare" }), "unknown-corpus");
  });
});
