import { expect, it } from "vitest";
import { usefulWorkers } from "../../../ts/src/parallel/useful-workers.js";

const large = { parameters: 300_000 };

it("uses both of two cores, and half of more, as long as each has rows enough", () => {
  // Of a batch of 32.
  expect([1, 2, 3, 4, 8, 64].map((cores) => usefulWorkers(large, {}, cores))).toEqual([1, 2, 2, 2, 4, 4]);
  expect(usefulWorkers(large, { batchSize: 256 }, 64)).toBe(8);
  expect(usefulWorkers(large, { batchSize: 8 }, 64)).toBe(1);
  expect(usefulWorkers(large, { batchSize: 3, seqLength: 512 }, 64)).toBe(1);
});

it("leaves a small step to one worker", () => {
  expect(usefulWorkers({ parameters: 1000 }, {}, 8)).toBe(1);
  expect(usefulWorkers(large, { seqLength: 4 }, 8)).toBe(1);
});
