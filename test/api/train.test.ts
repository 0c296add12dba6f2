import { describe, expect, it } from "vitest";
import type { TrainStep } from "mynah";
import { failure } from "./errors.js";
import { create, endless, load, places, quick, text } from "./models.js";

async function collect(steps: AsyncIterable<TrainStep>): Promise<TrainStep[]> {
  const all: TrainStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

describe.each(places)("training $name", (place) => {
  it("tells its progress up to the last step", async () => {
    const model = await create(place);
    const steps = await collect(model.train({ text, ...quick, steps: 40 }));
    const last = steps.at(-1);
    expect(last).toMatchObject({ step: 40, totalSteps: 40, fractionDone: 1, remainingSeconds: 0 });
    expect(last?.tokens).toBe(40 * quick.batchSize * quick.seqLength);
    for (const [i, step] of steps.entries()) {
      expect(step.step).toBeGreaterThan(steps[i - 1]?.step ?? 0);
      expect(step.loss).toBeGreaterThan(0);
      expect(step.bitsPerByte).toBeCloseTo(step.loss / Math.LN2, 10);
      expect(step.accuracy).toBeGreaterThanOrEqual(0);
      expect(step.gradientNorm).toBeGreaterThan(0);
      expect(step.learningRate).toBeGreaterThan(0);
      expect(step.tokensPerSecond).toBeGreaterThan(0);
    }
    expect(last?.accuracy).toBeGreaterThan(0.1);
  });

  it("validates when told to, and exactly at the end", async () => {
    const model = await create(place);
    const heldOut = text.slice(text.length * 0.75);
    const steps = await collect(
      model.train({ text, ...quick, steps: 10, evaluateEvery: 4, validation: 0.25 }),
    );
    const validated = steps.filter(({ validationLoss }) => validationLoss !== undefined);
    expect(validated.map(({ step }) => step)).toEqual([4, 8, 10]);
    const { loss, bitsPerByte, accuracy } = await model.evaluate({ text: heldOut });
    expect(steps.at(-1)).toMatchObject({
      validationLoss: loss,
      validationBitsPerByte: bitsPerByte,
      validationAccuracy: accuracy,
    });
  });

  it("reads the held-out text in one pass at the end, not in parts", async () => {
    const model = await create(place, { cell: "gru" });
    const long = text.repeat(4);
    // Steps so wide saturate the gates, and the model remembers more than the symbols that a part is warmed up on.
    const settings = {
      ...quick,
      steps: 5,
      learningRate: 1,
      warmupSteps: 0,
      keepBest: false,
      validation: 0.5,
    };
    const { validationLoss } = await model.train({ text: long, ...settings });
    const heldOut = long.slice(long.length / 2);
    const [exact, inParts] = [
      await model.evaluate({ text: heldOut, streams: 1 }),
      await model.evaluate({ text: heldOut, streams: 9 }),
    ];
    expect(validationLoss).toBe(exact.loss);
    expect(Math.abs(inParts.loss - exact.loss), "the two can be told apart").toBeGreaterThan(1e-4);
  });

  it("validates ten times in a run by default", async () => {
    const model = await create(place);
    const steps = await collect(model.train({ text, ...quick, steps: 50 }));
    const validated = steps.filter(({ validationLoss }) => validationLoss !== undefined);
    expect(validated.map(({ step }) => step)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  });

  it("holds nothing out when told so", async () => {
    const model = await create(place);
    const result = await model.train({ text, ...quick, steps: 3, validation: 0 });
    expect(result.validationLoss).toBeUndefined();
    expect(result.plan).toMatchObject({ trainTokens: text.length, validationTokens: 0 });
  });

  it("measures its budget in epochs", async () => {
    const model = await create(place);
    const result = await model.train({ text, ...quick, epochs: 2 });
    expect(result.epochs).toBeCloseTo(2, 5);
    expect(result.steps).toBe(2 * result.plan.windowsPerEpoch);
  });

  it("tells of each step in which pass it is, of a run that goes on, too", async () => {
    const model = await create(place);
    // 1,440 of the symbols in four streams of 360: 22 windows of 16, and the symbol after the last.
    const settings = { text, ...quick, epochs: 2, evaluateEvery: 1 };
    const told: TrainStep[] = [];
    for await (const step of model.train(settings)) {
      told.push(step);
      if (step.step === 30) break;
    }
    expect(await model.resume({ text, onStep: (step) => told.push(step) })).toMatchObject({ epochs: 2 });
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: 44 }, (_, i) => i + 1));
    for (const { step, epoch } of told) expect(epoch, `of step ${step}`).toBeCloseTo(step / 22, 12);
  });

  it("measures its budget in seconds", async () => {
    const model = await create(place);
    const steps = await collect(model.train({ text, ...quick, seconds: 0.3 }));
    expect(steps.at(-1)).toMatchObject({ fractionDone: 1 });
    expect(steps.at(-1)?.totalSteps).toBeUndefined();
    expect(steps.at(-1)?.elapsedSeconds).toBeGreaterThanOrEqual(0.3);
    expect(steps.at(-1)?.validationLoss).toBeGreaterThan(0);
  });

  it("spends its budget in seconds on learning, where a validation takes long", async () => {
    const model = await create(place);
    const long = text.repeat(Math.ceil(300_000 / text.length));
    const steps = await collect(model.train({ text: long, ...quick, seconds: 0.4, validation: 0.5 }));
    const validated = steps.filter(({ validationLoss }) => validationLoss !== undefined);
    expect(validated.length).toBeLessThanOrEqual(2);
    expect(validated.at(-1)).toBe(steps.at(-1));
  });

  it("learns a tiny text by heart", async () => {
    const verse =
      "Tyger Tyger, burning bright, In the forests of the night; What immortal hand or eye, Could frame";
    const model = await create(place, { text: verse, hiddenSize: 48 });
    // By default so much is dropped in 150 passes that no verse is learnt by heart.
    const drop = { dropout: 0, weightDrop: 0 };
    const settings = { batchSize: 1, seqLength: 24, learningRate: 0.01, warmupSteps: 10, validation: 0 };
    const { loss } = await model.train({ text: verse, ...drop, ...settings, steps: 600 });
    expect(loss).toBeLessThan(0.05);
    expect(await model.sampleText({ prompt: "Tyger ", length: 12, temperature: 0 })).toBe("Tyger, burni");
  });

  it("goes on from what it has learnt", async () => {
    const model = await create(place);
    const first = await model.train({ text, ...quick, steps: 80 });
    const [step] = await collect(model.train({ text, ...quick, steps: 5, evaluateEvery: 1 }));
    expect(step?.loss).toBeLessThan(first.loss + 0.5);
  });

  it("refuses a second training while the first is open, and no later", async () => {
    const model = await create(place);
    const first = model.train({ text, ...endless });
    await first.next();
    await failure(model.train({ text, ...quick, steps: 1 }), "busy");
    await first.next();
    await first.return();
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("refuses the second of two that are begun at once, whichever kind they are", async () => {
    const model = await create(place);
    const settings = { text, ...quick, steps: 3 };
    for (let round = 0; round < 2; round++) {
      // They begin as soon as somebody waits for them.
      const first = model.train(settings).then(({ steps }) => steps);
      const second = failure(model.train(settings), "busy", "wait for the end", "leave its loop, or abort");
      expect(await first).toBe(3);
      await second;
      for await (const _ of model.train({ ...settings, evaluateEvery: 1 })) break;
      const third = model.resume({ text }).then(({ steps }) => steps);
      const fourth = failure(model.resume({ text }), "busy");
      expect(await third).toBe(3);
      await fourth;
    }
  });

  it("lets others sample, evaluate and save between its steps, and is not moved by it", async () => {
    const settings = { text, ...quick, steps: 8, evaluateEvery: 1 };
    const alone = await create(place);
    await alone.train(settings);
    const watched = await create(place);
    for await (const _ of watched.train(settings)) {
      await watched.sampleText({ length: 5 });
      await watched.evaluate({ text: "the cat saw the dog." });
      await watched.save();
    }
    expect(await watched.save()).toEqual(await alone.save());
  });

  it("lets others write with the weights of the last finished step", async () => {
    const model = await create(place);
    const options = { prompt: "the ", length: 30, seed: 3, temperature: 1 };
    const writtenBy = async (file: Uint8Array) => (await load(file, place)).sampleText(options);
    const texts = new Set<string>();
    for await (const _ of model.train({ text, ...quick, steps: 5, evaluateEvery: 1 })) {
      const written = await model.sampleText(options);
      expect(await writtenBy(await model.save())).toBe(written);
      texts.add(written);
    }
    expect(texts.size).toBeGreaterThan(1);
  });

  it.runIf(place.worker)("answers those who ask while a step is being done, as of its end", async () => {
    const model = await create(place);
    const options = { length: 30, seed: 3, temperature: 1 };
    const run = model.train({ text, ...endless });
    await run.next();
    const pending = run.next();
    const [file, written] = await Promise.all([model.save(), model.sampleText(options)]);
    await pending;
    await run.return();
    expect(await (await load(file, place)).sampleText(options)).toBe(written);
  });

  it("keeps what it has learnt when the loop is left", async () => {
    const settings = { text, ...quick, steps: 30, evaluateEvery: 1 };
    const [whole, cut] = [await create(place), await create(place)];
    for await (const { step } of cut.train(settings)) if (step === 7) break;
    let afterSeven: Uint8Array | undefined;
    for await (const { step } of whole.train(settings)) if (step === 7) afterSeven = await whole.save();
    expect(await cut.save()).toEqual(afterSeven);
    expect(await whole.save()).not.toEqual(afterSeven);
  });

  it("does nothing before the first step is asked for", async () => {
    const model = await create(place);
    const before = await model.save();
    model.train({ text, ...endless });
    expect(await model.save()).toEqual(before);
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("says when it diverges, and is not busy for ever after", async () => {
    const model = await create(place, { cell: "rnn", activation: "relu" });
    const steep = {
      text,
      batchSize: 4,
      seqLength: 64,
      // AdamW would bound the steps, and may find its way back once the rate is low.
      optimizer: "sgd",
      learningRate: 10,
      clipNorm: 0,
      warmupSteps: 0,
      steps: 300,
    } as const;
    await failure(model.train(steep), "non-finite-loss", "learningRate", "sixth time");
    await failure(model.train(steep), "non-finite-loss", "learningRate");
    expect((await model.save()).length).toBeGreaterThan(model.info.bytes);
  });

  it("refuses a text that is too short or empty", async () => {
    const model = await create(place);
    await failure(model.train({ text: "the cat", ...quick, steps: 1 }), "text-too-short");
    await failure(model.train({ text: "", ...quick, steps: 1 }), "empty-text");
    await failure(model.train({ text: "" }), "empty-text");
    await failure(model.train({ documents: [] }), "empty-text");
  });
});
