import { expect, it } from "vitest";
import { ValidationSchedule } from "../../../ts/src/engine/validation-schedule.js";

const dueSteps = (schedule: ValidationSchedule, total: number): number[] =>
  Array.from({ length: total }, (_, i) => i + 1).filter((step) => schedule.isDue(step, step / total));

it("comes ten times in a run of steps", () => {
  expect(dueSteps(new ValidationSchedule(100, undefined), 100)).toEqual([
    10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
  ]);
});

it("comes after every step of a short run", () => {
  expect(dueSteps(new ValidationSchedule(3, undefined), 3)).toEqual([1, 2, 3]);
});

it("comes when it was asked for", () => {
  expect(dueSteps(new ValidationSchedule(100, 40), 100)).toEqual([40, 80]);
  expect(dueSteps(new ValidationSchedule(null, 40), 100)).toEqual([40, 80]);
});

it("comes once in each tenth of a run in seconds, however long the steps are", () => {
  expect(dueSteps(new ValidationSchedule(null, undefined), 20)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  expect(dueSteps(new ValidationSchedule(null, undefined), 3)).toEqual([1, 2, 3]);
});
