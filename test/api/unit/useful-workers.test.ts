import { expect, it } from "vitest";
import { usefulWorkers } from "../../../ts/src/parallel/useful-workers.js";

const large = { parameters: 300_000, batchSize: 32, seqLength: 64 };

it("uses both of two cores, and half of more, as long as each has rows enough", () => {
  expect([1, 2, 3, 4, 8, 64].map((cores) => usefulWorkers({ ...large, cores }))).toEqual([1, 2, 2, 2, 4, 4]);
  expect(usefulWorkers({ ...large, batchSize: 256, cores: 64 })).toBe(8);
  expect(usefulWorkers({ ...large, batchSize: 8, cores: 64 })).toBe(1);
  expect(usefulWorkers({ ...large, batchSize: 3, cores: 64 })).toBe(1);
});

it("leaves a small step to one worker", () => {
  expect(usefulWorkers({ ...large, parameters: 1000, cores: 8 })).toBe(1);
});
