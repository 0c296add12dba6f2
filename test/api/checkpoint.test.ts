// A training that is left, saved and gone on with ends as if it had never been left.
import { describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { failure } from "./errors.js";
import { create, endless, exactPlaces, load, quick, text } from "./models.js";

const settings = { text, ...quick, steps: 40, evaluateEvery: 4, dropout: 0.2 } as const;

describe.each(exactPlaces)("a checkpoint $name", (place) => {
  /** A model whose training was left after a step, and its checkpoint. */
  async function leave(after: number) {
    const model = await create(place);
    for await (const { step } of model.train(settings)) if (step >= after) break;
    return { model, checkpoint: await model.saveCheckpoint() };
  }

  async function finished(model: TextModel) {
    let first: number | undefined;
    let result;
    const steps = model.resume({ text });
    for (;;) {
      const next = await steps.next();
      if (next.done === true) {
        result = next.value;
        break;
      }
      first ??= next.value.step;
    }
    return { first, result, file: await model.save() };
  }

  it("ends with the same bytes as the unbroken run, here or in another model", async () => {
    const whole = await create(place);
    const unbroken = await whole.train(settings);
    const file = await whole.save();
    const { model, checkpoint } = await leave(8);
    const loaded = await finished(await load(checkpoint, place));
    expect(loaded.first).toBeGreaterThan(8);
    expect(loaded.result).toMatchObject({ steps: 40, validationLoss: unbroken.validationLoss });
    expect(loaded.file).toEqual(file);
    expect((await finished(model)).file).toEqual(file);
  });

  it("is the same whether it was taken in the loop or after it, and again before anything was done", async () => {
    const model = await create(place);
    let inLoop: Uint8Array | undefined;
    for await (const { step } of model.train(settings)) {
      if (step < 8) continue;
      inLoop = await model.saveCheckpoint();
      break;
    }
    expect(await model.saveCheckpoint()).toEqual(inLoop);
    const again = await load(await model.saveCheckpoint(), place);
    expect(await again.saveCheckpoint()).toEqual(inLoop);
  });

  it("is a model file", async () => {
    const { model, checkpoint } = await leave(8);
    const again = await load(checkpoint, place);
    expect(again.info).toEqual(model.info);
    expect(await again.save()).toEqual(await model.save());
    expect(checkpoint.length).toBeGreaterThan(2 * (await model.save()).length);
  });

  it("is refused with another text, and may then be tried with the right one", async () => {
    const { checkpoint } = await leave(8);
    const model = await load(checkpoint, place);
    await failure(model.resume({ text: `${text}!` }).next(), "different-text");
    expect(await finished(model)).toMatchObject({ result: { steps: 40 } });
  });

  it("is not to be had without a training under way", async () => {
    const model = await create(place);
    await failure(model.saveCheckpoint(), "no-training-state");
    await failure(model.resume({ text }).next(), "no-training-state");
    await model.train({ ...settings, steps: 4 });
    await failure(model.saveCheckpoint(), "no-training-state");
    await failure((await load(await model.save(), place)).resume({ text }).next(), "no-training-state");
  });

  it("can be resumed only where nothing is trained, and not with other options", async () => {
    const { model } = await leave(8);
    const steps = model.train({ text, ...endless });
    await steps.next();
    await failure(model.resume({ text }).next(), "busy");
    await steps.return();
    await failure(model.resume({ text, steps: 3 } as never).next(), "unknown-option");
  });

  it("is a validation behind when it was taken in the middle of one, and makes up for it", async () => {
    const long = { ...settings, text: text.repeat(300), validation: 0.9 };
    const model = await create(place);
    const controller = new AbortController();
    const pending = model.train({ ...long, steps: 4, signal: controller.signal }).next();
    setTimeout(() => controller.abort(), 150);
    await expect(pending).rejects.toMatchObject({ name: "AbortError" });
    expect(await model.lastTraining()).toMatchObject({ steps: 4 });
    const again = await load(await model.saveCheckpoint(), place);
    const { value } = await again.resume({ text: long.text }).next();
    expect(value).toMatchObject({ step: 4, fractionDone: 1 });
  });
});

describe.each(exactPlaces)("what the last training came to $name", (place) => {
  it("is known at its end, and after it was left", async () => {
    const model = await create(place);
    expect(await model.lastTraining()).toBeUndefined();
    const result = await model.train(settings);
    expect(result.diagnosis).toBeDefined();
    expect(await model.lastTraining()).toEqual(result);
    await failure(model.train({ text: "a", ...quick }), "text-too-short");
    expect(await model.lastTraining(), "what was refused has not begun").toEqual(result);
    const left = model.train({ text, ...endless });
    for await (const { step } of left) if (step >= 3) break;
    const soFar = await model.lastTraining();
    expect(soFar?.steps).toBeGreaterThanOrEqual(3);
    expect(soFar?.diagnosis).toEqual(left.diagnosis);
    expect(soFar?.diagnosis?.advice, "it goes on no more").toMatch(/^Go on from where it was stopped/);
  });

  it("counts the steps that an abort let finish", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const steps = model.train({ text, ...endless, signal: controller.signal });
    await steps.next();
    const pending = steps.next();
    controller.abort();
    await expect(pending).rejects.toMatchObject({ name: "AbortError" });
    const { steps: done = 0 } = (await model.lastTraining()) ?? {};
    const again = await load(await model.saveCheckpoint(), place);
    const { value } = await again.resume({ text }).next();
    expect(value && "step" in value ? value.step : 0, "none is lost, none is done twice").toBeGreaterThan(
      done,
    );
  });
});
