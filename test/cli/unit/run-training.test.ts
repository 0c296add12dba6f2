// How a run ends, on a stand-in for the model.
import { describe, expect, it, vi } from "vitest";
import { Interruption } from "../../../ts/src/cli/interrupt.js";
import { runTraining } from "../../../ts/src/cli/run-training.js";
import { MynahError } from "../../../ts/src/errors.js";
import type { TrainResult, TrainStep } from "../../../ts/src/index.js";

const result = { steps: 3, loss: 1 } as TrainResult;
const soFar = { steps: 4, loss: 2 } as TrainResult;
const interruption = new Interruption("interrupted");
const diverged = new MynahError("non-finite-loss", "the loss is not finite");

interface Course {
  readonly steps?: number;
  readonly error?: Error;
  /** What the model knows of the run when it has been left. */
  readonly last?: TrainResult | undefined;
}

async function* train({ steps = 3, error }: Course): AsyncGenerator<TrainStep, TrainResult, undefined> {
  for (let step = 1; step <= steps; step++) yield { step } as TrainStep;
  if (error !== undefined) throw error;
  return result;
}

function makeSteps(course: Course) {
  const steps = train(course);
  return { next: () => steps.next() };
}

/** Gives out so many steps, then ends with an error or well. */
function run(course: Course, view: ReturnType<typeof makeView>, tick = async () => {}) {
  const last = "last" in course ? course.last : soFar;
  const model = {
    lastTraining: async () => last,
  };
  return runTraining(model, { steps: makeSteps(course), checkpoints: { tick } }, view);
}

function makeView() {
  return {
    begin: vi.fn(),
    step: vi.fn(),
    autosaved: vi.fn(),
    note: vi.fn(),
    stopping: vi.fn(),
    end: vi.fn(),
    saved: vi.fn(),
  };
}

describe("a run", () => {
  it("comes to its result", async () => {
    const view = makeView();
    expect(await run({}, view)).toEqual({ result, isInterrupted: false });
    expect(view.step).toHaveBeenCalledTimes(3);
  });

  it("saves on the way, after each step that is told", async () => {
    const tick = vi.fn(async () => {});
    await run({}, makeView(), tick);
    expect(tick).toHaveBeenCalledTimes(3);
  });

  it("that fails after a finished step is worth keeping", async () => {
    expect(await run({ error: diverged }, makeView())).toEqual({ failure: diverged, steps: 4 });
  });

  it("that fails before the first one is not", async () => {
    await expect(run({ steps: 0, error: diverged, last: undefined }, makeView())).rejects.toBe(diverged);
  });

  it("whose model is gone fails with what took it", async () => {
    const crash = new MynahError("worker-crashed", "gone");
    const model = { lastTraining: () => Promise.reject(crash) };
    const steps = makeSteps({ error: diverged });
    const checkpoints = { tick: async () => {} };
    await expect(runTraining(model, { steps, checkpoints }, makeView())).rejects.toBe(diverged);
  });

  it("that is interrupted comes to what the model has learnt, not to what was told last", async () => {
    const view = makeView();
    expect(await run({ error: interruption }, view)).toEqual({
      result: soFar,
      isInterrupted: true,
    });
    expect(view.stopping).toHaveBeenCalledOnce();
  });

  it("that is interrupted before anything was told, but not before anything was learnt, is kept", async () => {
    expect(await run({ steps: 0, error: interruption }, makeView())).toMatchObject({ isInterrupted: true });
  });

  it("that is interrupted before anything was learnt is not", async () => {
    const view = makeView();
    await expect(run({ steps: 0, error: interruption, last: undefined }, view)).rejects.toBe(interruption);
    expect(view.stopping).not.toHaveBeenCalled();
  });
});
