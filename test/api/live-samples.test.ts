// What a model writes during its training.
import { describe, expect, it } from "vitest";
import type { LiveSampleSettings, TrainStep } from "mynah";
import { failure } from "./errors.js";
import { create, endless, places, quick, text } from "./models.js";

const settings = { text, ...quick, steps: 12, evaluateEvery: 3 } as const;
const samples = { everySteps: 4, prompt: "the ", length: 30 } as const satisfies LiveSampleSettings;

describe.each(places)("samples of a run $name", (place) => {
  it("come after the steps that were asked for, are those of the model at that step, and change nothing", async () => {
    const [plain, watched] = [await create(place), await create(place)];
    await plain.train({ ...settings, keepBest: false });
    const told: TrainStep[] = [];
    for await (const step of watched.train({ ...settings, keepBest: false, samples })) {
      told.push(step);
      if (step.sample === undefined) continue;
      const { everySteps: _, ...same } = samples;
      expect(step.sample).toBe(await watched.sampleText({ ...same, seed: step.step }));
    }
    expect(told.filter(({ sample }) => sample !== undefined).map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(told.filter(({ validationLoss }) => validationLoss !== undefined).map(({ step }) => step)).toEqual(
      [3, 6, 9, 12],
    );
    expect(await watched.save()).toEqual(await plain.save());
  });

  it("by seconds begin with the first step told", async () => {
    const model = await create(place);
    const run = model.train({ text, ...endless, samples: { everySeconds: 1000, length: 5 } });
    const [first, second] = [await run.next(), await run.next()];
    expect(first.value).toHaveProperty("sample");
    expect(second.value).not.toHaveProperty("sample");
    await run.return();
  });

  it("by seconds come again and again", async () => {
    const model = await create(place);
    const told: TrainStep[] = [];
    // So soon that one is due after every step.
    for await (const step of model.train({ ...settings, samples: { everySeconds: 1e-9, length: 5 } })) {
      told.push(step);
    }
    expect(told.filter(({ sample }) => sample?.length === 5).map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
  });

  it("take no time from tokensPerSecond, and are cut short by an abort", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const { signal } = controller;
    // Of such a length it would never be whole.
    const run = model.train({ text, ...endless, samples: { everySteps: 1, length: 1e9 }, signal });
    const pending = run.next().then(
      () => expect.fail("expected a rejection"),
      (thrown: unknown) => thrown,
    );
    await model.evaluate({ text });
    controller.abort("enough");
    expect(await pending).toBe("enough");
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("are refused at once where they cannot be written", async () => {
    const model = await create(place);
    const before = await model.save();
    const train = (bad: object) => model.train({ ...settings, samples: bad });
    await failure(train({ prompt: "€", unknown: "error" }), "unknown-symbol", "samples: ", "€");
    await failure(train({ everyStep: 5 }), "unknown-option", "samples", `did you mean "everySteps"?`);
    await failure(train({ everySteps: 0 }), "invalid-option", "everySteps");
    await failure(train({ everySeconds: 0 }), "invalid-option", "everySeconds", "above 0");
    await failure(train({ everySteps: 5, everySeconds: 5 }), "contradictory-options", "everySteps");
    await failure(train({ temperature: -1 }), "invalid-option", "temperature");
    await failure(model.train({ ...settings, samples: 5 } as never), "invalid-option", "samples");
    await failure(train([]), "invalid-option", "samples is []", "an object of options");
    expect(await model.save()).toEqual(before);
    const both = await create(place, { bidirectional: true });
    await failure(both.train({ ...settings, samples }), "contradictory-options", "bidirectional");
  });

  it("come with a run that is resumed, too", async () => {
    const model = await create(place);
    for await (const { step } of model.train(settings)) if (step >= 3) break;
    const told: (string | undefined)[] = [];
    await model.resume({ text, samples, onStep: ({ sample }) => told.push(sample) });
    expect(told.filter((sample) => sample !== undefined)).not.toHaveLength(0);
  });
});
