// Who writes waits for whoever reads: a loop that asks for nothing has nothing written. Seen by the messages to the worker.
import { describe, expect, it } from "vitest";
import type { TextModel } from "mynah";
import { create, places, text } from "./models.js";
import { watchWorkers } from "./workers.js";

const endless = { length: 1e9, seed: 1 } as const;

/** Every way to have something written piece by piece, and how often the worker is asked for five pieces. */
const ways: readonly {
  readonly name: string;
  readonly asked: number;
  readonly write: (model: TextModel) => Promise<AsyncIterator<unknown>>;
}[] = [
  { name: "model.sample", asked: 5, write: async (model) => model.sample(endless) },
  {
    name: "model.sampleMany",
    // Texts are written side by side: with the first one the others of its length are there.
    asked: 0,
    write: async (model) => model.sampleMany({ count: 1000, length: 3, seed: 1 }),
  },
  { name: "session.sample", asked: 5, write: async (model) => (await model.session()).sample(endless) },
  {
    name: "model.sampleStream",
    asked: 5,
    write: async (model) => model.sampleStream(endless)[Symbol.asyncIterator](),
  },
  {
    name: "session.sampleStream",
    asked: 5,
    write: async (model) => (await model.session()).sampleStream(endless)[Symbol.asyncIterator](),
  },
];

describe.each(places.filter(({ worker }) => worker === true))("a loop $name", (place) => {
  /** Messages that the worker gets while nobody pulls, besides those of this question. */
  async function sentMeanwhile(model: TextModel, sent: () => number): Promise<number> {
    const before = sent();
    // What is asked for ahead would have been answered, and asked for again, between these.
    for (let i = 0; i < 20; i++) await model.encode("the");
    await new Promise((resolve) => setTimeout(resolve, 30));
    return sent() - before - 20;
  }

  it.each(ways)(
    "of $name asks the worker for nothing before it is pulled, and for nothing ahead",
    async ({ write, asked }) => {
      const workers = watchWorkers();
      const model = await create(place);
      const pieces = await write(model);
      expect(await sentMeanwhile(model, workers.sent), "before the first pull").toBe(0);
      const atFirst = workers.sent();
      await pieces.next();
      expect(workers.sent() - atFirst, "to open it, and for one piece").toBe(2);
      expect(await sentMeanwhile(model, workers.sent), "after the first").toBe(0);
      const before = workers.sent();
      for (let i = 0; i < 5; i++) await pieces.next();
      expect(workers.sent() - before).toBe(asked);
      expect(await sentMeanwhile(model, workers.sent), "after more").toBe(0);
      await pieces.return?.();
    },
  );

  it("of a training has steps done only for whoever pulls", async () => {
    const workers = watchWorkers();
    const model = await create(place);
    const run = model.train({ text, batchSize: 4, seqLength: 16, steps: 1e6, evaluateEvery: 1, workers: 1 });
    expect(await sentMeanwhile(model, workers.sent)).toBe(0);
    await run.next();
    expect(await sentMeanwhile(model, workers.sent)).toBe(0);
    await run.return();
  });
});
