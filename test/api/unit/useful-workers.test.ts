import { expect, it } from "vitest";
import { usefulWorkers } from "../../../ts/src/parallel/useful-workers.js";

const large = { cell: "gru", parameters: 300_000 } as const;

it("uses both of two cores, and half of more, as long as each has rows enough", () => {
  const ofCores = (cores: number) => usefulWorkers(large, { batchSize: 32 }, cores);
  expect([1, 2, 3, 4, 8, 64].map(ofCores)).toEqual([1, 2, 2, 2, 4, 4]);
  expect(usefulWorkers(large, { batchSize: 256 }, 64)).toBe(8);
  expect(usefulWorkers(large, { batchSize: 8 }, 64)).toBe(1);
  expect(usefulWorkers(large, { batchSize: 3, seqLength: 512 }, 64)).toBe(1);
  const ofTransformer = (batchSize: number) =>
    usefulWorkers({ ...large, cell: "transformer" }, { batchSize, seqLength: 512 }, 64);
  expect([1, 3, 8].map(ofTransformer)).toEqual([1, 3, 8]);
});

it("leaves a small step to one worker", () => {
  expect(usefulWorkers({ ...large, parameters: 1000 }, { batchSize: 32 }, 8)).toBe(1);
  expect(usefulWorkers(large, { batchSize: 32, seqLength: 4 }, 8)).toBe(1);
});
