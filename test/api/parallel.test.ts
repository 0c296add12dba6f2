// A training that several workers share.
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { failure } from "./errors.js";
import { create, endless, exactPlaces, quick, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";
import { TextModel, type PlaceOptions } from "mynah";

const exact = { worker: true, build: "simd128" } as const;
/** Each worker draws masks of its own. */
const nothingDropped = { dropout: 0, weightDrop: 0 } as const;

const shared = { text, ...quick, batchSize: 5, validation: 0, workers: 3, dropout: 0.1 };

/** Trains to the end of so many steps, from the same weights each time. */
async function trained(place: PlaceOptions, settings: object) {
  const model = await create(place, { cell: "lstm", seed: 42 });
  const { loss, plan } = await model.train({ ...shared, steps: 20, ...settings });
  return { file: await model.save(), loss, plan };
}

describe("workers that share a training", () => {
  it("come to the same bytes each time, wherever the first of them runs", async () => {
    const outcomes = await Promise.all([...exactPlaces, exact].map((place) => trained(place, {})));
    expect(outcomes[0]?.plan.workers).toBe(3);
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
  });

  it("count what all of them foresee", async () => {
    const foreseen = async (workers: number) => {
      const model = await create(exact, { cell: "lstm", seed: 42 });
      const { value: step } = await model.train({ ...shared, ...nothingDropped, steps: 1, workers }).next();
      return step;
    };
    const [alone, together] = [await foreseen(1), await foreseen(3)];
    expect(together).toMatchObject({ accuracy: alone && "accuracy" in alone ? alone.accuracy : NaN });
  });

  it("learn what one learns", async () => {
    const [alone, together] = [
      await trained(exact, { ...nothingDropped, workers: 1 }),
      await trained(exact, { ...nothingDropped, workers: 2 }),
    ];
    expect(alone.plan.workers).toBe(1);
    expect(together.loss).toBeCloseTo(alone.loss, 3);
    expect(together.file).not.toEqual(alone.file);
  });

  it("are no more than there are rows", async () => {
    expect((await trained(exact, { workers: 9, batchSize: 2 })).plan.workers).toBe(2);
  });

  it.each([
    { workers: 4, needed: 2 },
    { workers: 2, needed: 1 },
  ])(
    "$workers of them: all but $needed end when the text turns out to be short",
    async ({ workers, needed }) => {
      const watched = watchWorkers();
      const short = text.slice(0, 40);
      const model = await create(exact, { text: short });
      // It has one window of 32 symbols, or two of 16.
      const settings = { ...shared, ...endless, text: short, workers, seqLength: 32 / needed };
      const steps = model.train(settings);
      await steps.next();
      const all = watched.all();
      expect(all).toHaveLength(workers);
      const alive = () => all.filter(({ threadId }) => threadId !== -1);
      for (let last = alive().at(-1); last !== undefined && alive().length > needed; last = alive().at(-1)) {
        await once(last, "exit");
      }
      await steps.next();
      expect(alive()).toHaveLength(needed);
      expect((await model.lastTraining())?.plan.workers).toBe(needed);
      await model.dispose();
    },
  );

  it("learn from documents", async () => {
    const documents = ["ada", "bo", "clementine", "dee", "eustace", "flo", "gwendolyn", "hal"];
    const losses: number[] = [];
    for (const workers of [1, 2]) {
      const model = await TextModel.create({ documents, ...small, ...exact });
      const sizes = { batchSize: 4, seqLength: 6, steps: 12, validation: 0, workers };
      const settings = { documents, ...sizes, ...nothingDropped };
      losses.push((await model.train(settings)).loss);
      await model.dispose();
    }
    expect(losses[1]).toBeCloseTo(losses[0] ?? NaN, 3);
  });

  it("go on from a checkpoint to the bytes of a run without a break", async () => {
    const unbroken = await trained(exact, { steps: 40 });
    const model = await create(exact, { cell: "lstm", seed: 42 });
    for await (const { step } of model.train({ ...shared, steps: 40 })) if (step >= 10) break;
    const checkpoint = await model.saveCheckpoint();
    await model.dispose();
    const resumed = await TextModel.load(checkpoint, exact);
    for await (const _ of resumed.resume({ text }));
    expect(await resumed.save()).toEqual(unbroken.file);
    await resumed.dispose();
  });

  it("let the model write, be saved and be trained anew meanwhile and afterwards", async () => {
    const model = await create(exact);
    for await (const { step } of model.train({ ...shared, ...endless, workers: 2 })) {
      const [written, checkpoint] = await Promise.all([
        model.sampleText({ length: 5 }),
        model.saveCheckpoint(),
      ]);
      expect(written).toHaveLength(5);
      expect(checkpoint.length).toBeGreaterThan(0);
      if (step > 20) break;
    }
    expect((await model.train({ ...shared, steps: 3 })).steps).toBe(3);
    await model.dispose();
  });

  it("end when the training is left", async () => {
    const watched = watchWorkers();
    const model = await create(exact);
    const controller = new AbortController();
    const steps = model.train({ ...shared, ...endless, workers: 2, signal: controller.signal });
    await steps.next();
    const [, follower] = watched.all();
    const ended = follower === undefined ? undefined : once(follower, "exit");
    controller.abort(new Error("enough"));
    await expect(steps.next()).rejects.toThrow("enough");
    expect(await ended).toBeDefined();
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
    await model.dispose();
  });

  it("that are stopped in the middle of a slice end it, and what they had learnt can be saved", async () => {
    const model = await create(exact);
    const controller = new AbortController();
    const steps = model.train({ ...shared, ...endless, workers: 2, signal: controller.signal });
    await steps.next();
    const next = steps.next();
    await after(20);
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    expect((await model.saveCheckpoint()).length).toBeGreaterThan(0);
    await model.dispose();
  });

  it("end when the model is disposed of", async () => {
    const watched = watchWorkers();
    const model = await create(exact);
    const steps = model.train({ ...shared, ...endless, workers: 3 });
    await steps.next();
    const ended = watched.all().map((worker) => once(worker, "exit"));
    expect(ended).toHaveLength(3);
    await model.dispose();
    await Promise.all(ended);
    await failure(steps.next(), "disposed");
  });

  it("end when the model is disposed of before the first step", async () => {
    const watched = watchWorkers();
    const model = await create(exact);
    const first = model.train({ ...shared, ...endless, workers: 3 }).next();
    const failed = failure(first, "disposed");
    await vi.waitFor(() => expect(watched.all().length).toBeGreaterThan(1));
    await model.dispose();
    expect(watched.all().filter(({ threadId }) => threadId !== -1)).toEqual([]);
    await failed;
  });

  it("leave the model as of the last step when one of them dies", async () => {
    const watched = watchWorkers();
    const model = await create(exact);
    const steps = model.train({ ...shared, ...endless, workers: 2 });
    await steps.next();
    const [, follower] = watched.all();
    await follower?.terminate();
    await failure(
      (async () => {
        for (;;) await steps.next();
      })(),
      "worker-crashed",
      "the model is as of the last step",
    );
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
    expect((await model.saveCheckpoint()).length).toBeGreaterThan(0);
    expect((await model.train({ ...shared, steps: 3 })).steps).toBe(3);
    await model.dispose();
  });

  it("are counted in the range that is allowed", async () => {
    const model = await create(exact);
    for (const workers of [0, 65, 1.5]) {
      await failure(model.train({ ...shared, workers }), "invalid-option", "workers");
    }
    await model.dispose();
  });
});
