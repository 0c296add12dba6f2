import { expect, it } from "vitest";
import { create, exactPlaces, quick, small, text } from "./models.js";

it("the same seed gives the same bytes in every place", async () => {
  const outcomes = await Promise.all(
    exactPlaces.map(async (place) => {
      const model = await create(place, { cell: "lstm", seed: 42 });
      const { loss, validationLoss } = await model.train({ text, ...quick, steps: 50 });
      const written = await model.sampleText({ prompt: "the ", length: 60, seed: 9 });
      return { file: await model.save(), loss, validationLoss, written };
    }),
  );
  const [first, ...others] = outcomes;
  expect(others).toHaveLength(1);
  for (const other of others) expect(other).toEqual(first);
});

it("the pace of the reader changes nothing", async () => {
  const [place] = exactPlaces;
  if (place === undefined) throw new Error("there is such a place");
  // The weights that are kept are those of a validation, of which the two have not the same.
  const settings = { text, ...quick, steps: 30, keepBest: false };
  const [quickReader, slowReader] = [await create(place), await create(place)];
  await quickReader.train(settings);
  for await (const step of slowReader.train({ ...settings, evaluateEvery: 1 })) {
    if (step.step % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await slowReader.save()).toEqual(await quickReader.save());
});

it("another seed gives another model", async () => {
  const [one, two] = [
    await create({ worker: false }, { ...small, seed: 1 }),
    await create({ worker: false }, { ...small, seed: 2 }),
  ];
  expect(await one.save()).not.toEqual(await two.save());
});
