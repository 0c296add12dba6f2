// When a run writes a sample, by seconds that the test says; what is written is a stand-in's.
import { expect, it, vi } from "vitest";
import { LiveSamples } from "../../../ts/src/engine/live-samples.js";
import type { Model } from "../../../ts/src/wasm/glue.js";

vi.mock("../../../ts/src/wasm/glue.js", () => ({
  Sampler: class {
    finished = true;
    next = () => "a sample";
    free = (): void => undefined;
  },
}));

const model = {} as Model;

/** The seconds, of those at which a step ends, after which a sample is written. */
function written(samples: LiveSamples, seconds: readonly number[]): number[] {
  return seconds.filter((elapsedSeconds, step) => {
    if (!samples.isDue({ step: step + 1, elapsedSeconds })) return false;
    samples.begin(model, { step: step + 1, elapsedSeconds });
    expect(samples.isWriting).toBe(true);
    samples.end();
    return true;
  });
}

it("come again every so many seconds, from the first step on", () => {
  const seconds = Array.from({ length: 100 }, (_, step) => step + 0.5);
  const samples = new LiveSamples(model, { everySeconds: 30 });
  expect(written(samples, seconds)).toEqual([0.5, 30.5, 60.5, 90.5]);
});

it("come late after a long step, and the next one that much later", () => {
  const samples = new LiveSamples(model, { everySeconds: 10 });
  expect(written(samples, [1, 2, 25, 30, 34, 35, 36, 44, 45])).toEqual([1, 25, 35, 45]);
});
