import { describe, expect, it } from "vitest";
import { failure } from "./errors.js";
import { create, endless, quick, text } from "./models.js";
import { watchWorkers } from "./workers.js";

describe("a worker that dies", () => {
  it("rejects every pending call, and every later one", async () => {
    const workers = watchWorkers();
    const model = await create({ worker: true });
    const calls = [
      failure(model.train({ text, ...endless }), "worker-crashed", "exited"),
      failure(model.sampleText({ length: 1e9 }), "worker-crashed"),
      failure(model.evaluate({ text: text.repeat(100) }), "worker-crashed"),
    ];
    await workers.last().terminate();
    await Promise.all(calls);

    const later = await failure(model.save(), "worker-crashed", "make a new one");
    expect(later.cause).toBeInstanceOf(Error);
    await failure(model.train({ text, ...quick, steps: 1 }), "worker-crashed");
    await failure(model.sampleText(), "worker-crashed");
    await failure(model.evaluate({ text }), "worker-crashed");
    await model.dispose();
  });

  it("ends a training that is paused", async () => {
    const workers = watchWorkers();
    const model = await create({ worker: true });
    const run = model.train({ text, ...endless });
    await run.next();
    await run.pause();
    const call = failure(run.next(), "worker-crashed");
    await workers.last().terminate();
    await call;
    await run.pause();
  });

  it("takes no other model with it", async () => {
    const other = await create({ worker: true });
    const workers = watchWorkers();
    const model = await create({ worker: true });
    const call = failure(model.train({ text, ...endless }), "worker-crashed");
    await workers.last().terminate();
    await call;
    expect(await other.sampleText({ length: 10 })).toHaveLength(10);
  });

  it("says so when it dies of an error", async () => {
    const workers = watchWorkers();
    const model = await create({ worker: true });
    const call = failure(model.train({ text, ...endless }), "worker-crashed", "broken on purpose");
    workers.last().emit("error", new Error("broken on purpose"));
    await call;
    await failure(model.save(), "worker-crashed", "broken on purpose");
  });
});
