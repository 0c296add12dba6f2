import { expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
  formatSteps,
} from "../../../ts/src/cli/view/format.js";

it.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [3599.6, "1 h 00 min"],
  [7501, "2 h 05 min"],
])("%f seconds are %s", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

it.each([
  [0, "0"],
  [9999, "9,999"],
  [58_210, "58.2k"],
  [1_250_000, "1.25M"],
])("%i is %s", (count, words) => {
  expect(formatCount(count)).toBe(words);
});

it.each([
  [812, "812 bytes"],
  [1_280_596, "1.3 MB"],
  [77_453, "77.5 kB"],
])("%i bytes are %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

it("does not say 100 % too early", () => {
  expect(formatPercent(0.999)).toBe("99 %");
  expect(formatPercent(1)).toBe("100 %");
});

it("counts one step as one", () => {
  expect([1, 2, 1234].map(formatSteps)).toEqual(["1 step", "2 steps", "1,234 steps"]);
});

it("has a dash for a loss that no step has come to", () => {
  expect(formatLoss(1.23456)).toBe("1.235");
  expect(formatLoss(NaN)).toBe("–");
});
