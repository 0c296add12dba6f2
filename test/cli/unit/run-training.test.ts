// How a run ends, on a stand-in for the model.
import { describe, expect, it, vi } from "vitest";
import { Interruption } from "../../../ts/src/cli/interrupt.js";
import { runTraining } from "../../../ts/src/cli/run-training.js";
import { MynahError } from "../../../ts/src/errors.js";
import type { TrainResult, TrainStep } from "../../../ts/src/index.js";

const result = { steps: 3, loss: 1 } as TrainResult;
const diverged = new MynahError("non-finite-loss", "the loss is not finite");

/** Gives out so many steps, then ends with an error or well. */
function modelThat({ steps = 3, error = undefined as Error | undefined, glimpse = async () => "text" }) {
  return {
    async *train(): AsyncGenerator<TrainStep, TrainResult, undefined> {
      for (let step = 1; step <= steps; step++) yield { step } as TrainStep;
      if (error !== undefined) throw error;
      return result;
    },
    sampleText: vi.fn(glimpse),
  };
}

function makeView() {
  return {
    begin: vi.fn(),
    step: vi.fn(),
    wantsSample: () => true,
    sample: vi.fn(),
    stopping: vi.fn(),
    end: vi.fn(),
    saved: vi.fn(),
  };
}

const options = { text: "text", signal: new AbortController().signal };

describe("a run", () => {
  it("comes to its result", async () => {
    const view = makeView();
    expect(await runTraining(modelThat({}), options, view)).toEqual({ result, isInterrupted: false });
    expect(view.step).toHaveBeenCalledTimes(3);
  });

  it("that fails after a finished step is worth keeping", async () => {
    const run = runTraining(modelThat({ error: diverged }), options, makeView());
    expect(await run).toEqual({ failure: diverged, steps: 3 });
  });

  it("that fails before the first one is not", async () => {
    const run = runTraining(modelThat({ steps: 0, error: diverged }), options, makeView());
    await expect(run).rejects.toBe(diverged);
  });

  it("that is interrupted comes to what it has", async () => {
    const view = makeView();
    const run = runTraining(modelThat({ error: new Interruption("interrupted") }), options, view);
    expect(await run).toMatchObject({ result: { steps: 3 }, isInterrupted: true });
    expect(view.stopping).toHaveBeenCalledOnce();
  });
});

it("an interrupted run keeps the last validation loss that it came to know", async () => {
  const model = {
    async *train(): AsyncGenerator<TrainStep, TrainResult, undefined> {
      yield { step: 1, validationLoss: 3 } as TrainStep;
      yield { step: 2, validationLoss: 2 } as TrainStep;
      yield { step: 3 } as TrainStep;
      throw new Interruption("interrupted");
    },
    sampleText: async () => "text",
  };
  expect(await runTraining(model, options, makeView())).toMatchObject({
    result: { steps: 3, validationLoss: 2 },
  });
});

describe("a glimpse", () => {
  it.each([
    new MynahError("out-of-memory", "no memory"),
    new MynahError("non-finite-loss", "damaged"),
    new MynahError("internal", "a bug"),
    new TypeError("a bug"),
  ])("that fails with %s ends no run", async (thrown) => {
    const view = makeView();
    const model = modelThat({ glimpse: () => Promise.reject(thrown) });
    expect(await runTraining(model, options, view)).toEqual({ result, isInterrupted: false });
    expect(view.sample.mock.calls).toEqual([[""], [""], [""]]);
  });

  it("lets an interruption through", async () => {
    const glimpse = () => Promise.reject(new Interruption("interrupted"));
    const run = runTraining(modelThat({ glimpse }), options, makeView());
    expect(await run).toMatchObject({ result: { steps: 1 }, isInterrupted: true });
  });
});
