import { expect, it } from "vitest";
import { usefulWorkers } from "../../../ts/src/parallel/useful-workers.js";

const large = { parameters: 300_000 };

it("uses both of two cores, and half of more, as long as each has rows enough", () => {
  const ofCores = (cores: number) => usefulWorkers(large, { batchSize: 32 }, cores);
  expect([1, 2, 3, 4, 8, 64].map(ofCores)).toEqual([1, 2, 2, 2, 4, 4]);
  expect(usefulWorkers(large, { batchSize: 256 }, 64)).toBe(8);
  expect(usefulWorkers(large, { batchSize: 8 }, 64)).toBe(1);
  expect(usefulWorkers(large, { batchSize: 3, seqLength: 512 }, 64)).toBe(1);
});

it("leaves a small step to one worker", () => {
  expect(usefulWorkers({ parameters: 1000 }, { batchSize: 32 }, 8)).toBe(1);
  expect(usefulWorkers(large, { batchSize: 32, seqLength: 4 }, 8)).toBe(1);
});
