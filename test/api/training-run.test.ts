// A training as a thing to hold: to loop over or to await, to pause and to slow down.
import { describe, expect, it, vi } from "vitest";
import type { TextModel, TrainingRun, TrainOptions, TrainStep } from "mynah";
import { failure } from "./errors.js";
import { create, endless, exactPlaces, places, quick, text } from "./models.js";

const reason = new Error("enough");

/** What a call rejects with. */
const rejection = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    () => expect.fail("expected a rejection"),
    (thrown: unknown) => thrown,
  );

/** A run without end that is awaited and has told a step: with the promise that awaits it. */
async function underway(model: TextModel, options: Partial<TrainOptions> = {}) {
  const onStep = vi.fn<(step: TrainStep) => void>();
  const run = model.train({ text, ...endless, onStep, ...options } as TrainOptions);
  const end = rejection(run);
  await vi.waitFor(() => expect(onStep).toHaveBeenCalled());
  return { run, end, onStep };
}

/** Lets the engine do something else for a while, in which a run that did not rest would do steps. */
async function wait(model: TextModel): Promise<void> {
  for (let i = 0; i < 3; i++) await model.evaluate({ text: text.repeat(20) });
}

describe.each(places)("a run $name", (place) => {
  it("that is awaited tells onStep what a loop is told, and comes to the result", async () => {
    const [awaited, looped] = [await create(place), await create(place)];
    const settings = { text, ...quick, steps: 12, evaluateEvery: 3 };
    const told: number[] = [];
    const result = await awaited.train({ ...settings, onStep: ({ step }) => told.push(step) });
    const inLoop: number[] = [];
    const onStep = vi.fn<(step: TrainStep) => void>();
    for await (const step of looped.train({ ...settings, onStep })) {
      expect(onStep).toHaveBeenLastCalledWith(step);
      inLoop.push(step.step);
    }
    expect(told.filter((step) => step % 3 === 0)).toEqual([3, 6, 9, 12]);
    expect(inLoop.filter((step) => step % 3 === 0)).toEqual([3, 6, 9, 12]);
    expect(result).toMatchObject({ steps: 12, plan: { totalSteps: 12 } });
  });

  it("waits for what onStep promises, and ends with what it throws or rejects with", async () => {
    const model = await create(place);
    const enough = new Error("enough");
    let [begun, heard] = [0, 0];
    const onStep = async (): Promise<void> => {
      expect(begun).toBe(heard);
      begun += 1;
      await wait(model);
      heard += 1;
      if (heard === 2) throw enough;
    };
    const run = model.train({ text, ...endless, onStep });
    await expect(run).rejects.toBe(enough);
    expect([begun, heard]).toEqual([2, 2]);
    expect((await model.train({ text, ...quick, steps: 2 })).steps).toBe(2);
  });

  it("is aborted while onStep never comes to an end", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const onStep = (): Promise<void> => {
      queueMicrotask(() => controller.abort(new Error("enough")));
      return new Promise(() => {});
    };
    await expect(model.train({ text, ...endless, onStep, signal: controller.signal })).rejects.toThrow(
      "enough",
    );
  });

  it("can be awaited again, and after its loop", async () => {
    const model = await create(place);
    const run = model.train({ text, ...quick, steps: 4 });
    const result = await run;
    expect(await run).toBe(result);
    const looped = model.train({ text, ...quick, steps: 4 });
    for await (const { step } of looped) expect(step).toBeLessThanOrEqual(4);
    expect(await looped).toMatchObject({ steps: 4 });
  });

  it("is looped over or awaited, not both", async () => {
    const model = await create(place);
    const { run, end } = await underway(model);
    await failure(run.next(), "busy", "awaited", "onStep");
    await model.dispose();
    await end;
    const other = await create(place);
    const looped = other.train({ text, ...endless });
    await looped.next();
    await failure(looped, "busy", "looped over", "onStep");
    await looped.return();
    await failure(looped, "busy", "looped over");
  });

  it("ends with what onStep throws", async () => {
    const model = await create(place);
    const onStep = (): never => {
      throw reason;
    };
    expect(await rejection(model.train({ text, ...endless, onStep }))).toBe(reason);
    expect(await rejection(model.train({ text, ...endless, onStep }).next())).toBe(reason);
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("does nothing, not even fail, until it is looped over or awaited", async () => {
    const model = await create(place);
    const before = await model.save();
    const refused = model.train({ text, ...endless, stepz: 1 } as never);
    const nothing = model.train(null as never);
    const run = model.train({ text, ...endless, dutyCycle: 0.5 });
    expect(run.dutyCycle).toBe(0.5);
    await run.pause();
    await wait(model);
    expect(await model.save()).toEqual(before);
    expect(await model.lastTraining()).toBeUndefined();
    await failure(refused, "unknown-option", `did you mean "steps"?`);
    await failure(nothing, "invalid-option", "one object of options");
  });

  it("rests while it is paused, its clock, too, and goes on", async () => {
    const model = await create(place);
    const { run, end, onStep } = await underway(model);
    expect(run.paused).toBe(false);
    const pausing = run.pause();
    expect(run.paused).toBe(true);
    await pausing;
    const [told, before] = [onStep.mock.calls.length, await model.lastTraining()];
    await wait(model);
    expect(onStep.mock.calls.length, "steps told in the pause").toBe(told);
    expect(await model.lastTraining(), "steps done, and time counted").toEqual(before);
    run.resume();
    expect(run.paused).toBe(false);
    await vi.waitFor(() => expect(onStep.mock.calls.length).toBeGreaterThan(told));
    await model.dispose();
    await end;
  });

  it("rests between two pulls of a loop, too", async () => {
    const model = await create(place);
    const run = model.train({ text, ...endless });
    await run.next();
    await run.pause();
    const before = await model.lastTraining();
    const pending = run.next();
    await wait(model);
    expect(await model.lastTraining()).toEqual(before);
    run.resume();
    expect((await pending).done).toBe(false);
    await run.return();
  });

  it("that is begun in a pause waits for its end", async () => {
    const model = await create(place);
    const before = await model.save();
    const run = model.train({ text, ...quick, steps: 3 });
    await run.pause();
    const result = run.then((value) => value);
    await wait(model);
    expect(await model.save()).toEqual(before);
    run.resume();
    expect(await result).toMatchObject({ steps: 3 });
  });

  it("can be paused once more before it goes on", async () => {
    const model = await create(place);
    const { run, end } = await underway(model);
    await Promise.all([run.pause(), run.pause()]);
    run.resume();
    await run.pause();
    const before = await model.lastTraining();
    await wait(model);
    expect(await model.lastTraining()).toEqual(before);
    await model.dispose();
    await end;
  });

  it("goes on when it is paused and resumed at once, before it begins or underway", async () => {
    const model = await create(place);
    const run = model.train({ text, ...endless });
    void run.pause();
    const first = run.next();
    run.resume();
    expect((await first).done).toBe(false);
    void run.pause();
    run.resume();
    expect((await run.next()).done).toBe(false);
    await run.return();
  });

  it("aborted in a pause rejects at once", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const { run, end } = await underway(model, { signal: controller.signal });
    await run.pause();
    controller.abort(reason);
    expect(await end).toBe(reason);
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("disposed of in a pause rejects at once", async () => {
    const model = await create(place);
    const { run, end } = await underway(model);
    await run.pause();
    await model.dispose();
    expect(await end).toMatchObject({ code: "disposed" });
    await run.pause();
    run.resume();
  });

  it("disposed of beside other jobs in a pause says so, too", async () => {
    const model = await create(place);
    const { run, end } = await underway(model);
    const pieces = model.sample({ length: 1e9 });
    await pieces.next();
    await run.pause();
    await model.dispose();
    expect(await end).toMatchObject({ code: "disposed" });
    await failure(pieces.next(), "disposed");
  });

  it("left in a pause ends, and so does the step that is awaited", async () => {
    const model = await create(place);
    const run = model.train({ text, ...endless });
    await run.next();
    await run.pause();
    const pending = run.next();
    expect(await run.return()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await model.train({ text, ...quick, steps: 1 })).toMatchObject({ steps: 1 });
  });

  it("saves checkpoints in a pause, and another run resumes there", async () => {
    const model = await create(place);
    const { run, end } = await underway(model);
    await run.pause();
    expect((await model.saveCheckpoint()).length).toBeGreaterThan((await model.save()).length);
    await model.dispose();
    await end;
  });

  it("with a duty cycle can be slowed down and aborted on the way", async () => {
    const model = await create(place);
    const controller = new AbortController();
    const { run, end } = await underway(model, { dutyCycle: 0.5, signal: controller.signal });
    expect(run.dutyCycle).toBe(0.5);
    run.dutyCycle = 0.05;
    expect(run.dutyCycle).toBe(0.05);
    expect(() => (run.dutyCycle = 0)).toThrow("dutyCycle is 0, but must be a number from 0.05 to 1");
    await run.pause();
    run.resume();
    controller.abort(reason);
    expect(await end).toBe(reason);
  });
});

describe.each(exactPlaces)("what is learnt $name", (place) => {
  const settings = { text, ...quick, steps: 40, evaluateEvery: 7 };
  const bytesAfter = async (train: (model: TextModel) => PromiseLike<unknown>) => {
    const model = await create(place);
    await train(model);
    return model.save();
  };

  it("does not depend on pauses, nor on a duty cycle", async () => {
    const plain = await bytesAfter((model) => model.train(settings));
    const paused = await bytesAfter((model) => trainWithPauses(model, settings));
    const slow = await bytesAfter((model) => model.train({ ...settings, dutyCycle: 0.5 }));
    expect(paused).toEqual(plain);
    expect(slow).toEqual(plain);
  });

  it("is the same where all of several workers were paused", async () => {
    const shared = { ...settings, workers: 3 };
    const plain = await bytesAfter((model) => model.train(shared));
    const paused = await bytesAfter((model) => trainWithPauses(model, shared));
    expect(paused).toEqual(plain);
  });

  /** Pauses after each step that is told. */
  async function trainWithPauses(model: TextModel, options: TrainOptions): Promise<void> {
    const pauses: Promise<void>[] = [];
    const run: TrainingRun = model.train({ ...options, onStep: () => pauses.push(pauseFor(run, model)) });
    await run;
    await Promise.all(pauses);
    expect(pauses.length).toBeGreaterThan(5);
  }

  async function pauseFor(run: TrainingRun, model: TextModel): Promise<void> {
    await run.pause();
    const before = await model.lastTraining();
    await model.evaluate({ text });
    expect(await model.lastTraining()).toEqual(before);
    run.resume();
  }
});
