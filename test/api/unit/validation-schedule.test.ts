import { describe, expect, it } from "vitest";
import { ValidationSchedule } from "../../../ts/src/engine/validation-schedule.js";

const dueSteps = (schedule: ValidationSchedule, total: number): number[] =>
  Array.from({ length: total }, (_, i) => i + 1).filter((step) =>
    schedule.isDue({ step, fractionDone: step / total, elapsedSeconds: step }),
  );

/** Seconds at which a run of so many seconds validates, when a step takes a hundredth of a second and each validation `cost`. */
function dueSeconds(seconds: number, cost: number): number[] {
  const schedule = new ValidationSchedule(null, undefined);
  const due: number[] = [];
  let elapsedSeconds = 0;
  for (let step = 1; elapsedSeconds < seconds; step++) {
    elapsedSeconds += 0.01;
    if (!schedule.isDue({ step, fractionDone: elapsedSeconds / seconds, elapsedSeconds })) continue;
    due.push(Math.round(elapsedSeconds * 10) / 10);
    elapsedSeconds += cost;
    schedule.addCost(cost);
  }
  return due;
}

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

describe("a run in seconds", () => {
  it("has one in each tenth after the first quarter, while they cost next to nothing", () => {
    expect(dueSeconds(10, 0.001)).toEqual([2.5, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("has one only where a long step lets it", () => {
    expect(dueSteps(new ValidationSchedule(null, undefined), 3)).toEqual([1, 2, 3]);
  });

  it("spends a tenth of its time on them", () => {
    expect(dueSeconds(4, 0.5)).toEqual([1]);
    expect(dueSeconds(20, 0.5)).toEqual([5, 10, 15, 20]);
    expect(dueSeconds(100, 2)).toHaveLength(5);
  });

  it("has as many as were asked for, whatever they cost", () => {
    const schedule = new ValidationSchedule(null, 40);
    schedule.addCost(1000);
    expect(dueSteps(schedule, 100)).toEqual([40, 80]);
  });
});

it("costs change nothing in a run of steps", () => {
  const schedule = new ValidationSchedule(100, undefined);
  schedule.addCost(1000);
  expect(dueSteps(schedule, 100)).toHaveLength(10);
});
