import { expect, it } from "vitest";
import { drawLossCurve, LossHistory } from "../../../ts/src/cli/view/loss-curve.js";

function history(points: readonly (readonly [fraction: number, loss: number])[]): LossHistory {
  const gathered = new LossHistory();
  for (const [fraction, loss] of points) gathered.add(fraction, loss);
  return gathered;
}

const line = (from: number, to: number) =>
  history(Array.from({ length: 512 }, (_, i) => [i / 512, from + ((to - from) * i) / 511] as const));

it("there is nothing to draw at first", () => {
  expect(drawLossCurve(new LossHistory(), 10, 3)).toBeUndefined();
});

it("draws a falling line from the upper left to the lower right", () => {
  const curve = drawLossCurve(line(4, 1), 4, 2);
  expect(curve?.rows).toEqual(["⠑⢄⠀⠀", "⠀⠀⠑⢄"]);
  expect(curve?.highest).toBeCloseTo(3.8, 1);
  expect(curve?.lowest).toBeCloseTo(1, 1);
});

it("draws a level line at the top", () => {
  expect(drawLossCurve(line(2, 2), 3, 1)).toEqual({ rows: ["⠉⠉⠉"], highest: 2, lowest: 2 });
});

it("leaves the part of the run that is to come empty", () => {
  expect(
    drawLossCurve(
      history([
        [0, 2],
        [0.3, 2],
      ]),
      4,
      1,
    )?.rows,
  ).toEqual(["⠉⠁⠀⠀"]);
});

it("joins a steep fall by a line", () => {
  const [top, bottom] =
    drawLossCurve(
      history([
        [0, 9],
        [0.5, 1],
      ]),
      1,
      2,
    )?.rows ?? [];
  expect([top, bottom]).toEqual(["⢱", "⢸"]);
});

it("averages what falls into one place, and takes values past the end for the end", () => {
  const gathered = history([
    [0, 1],
    [0, 3],
    [1, 5],
    [1.5, 7],
  ]);
  expect(gathered.resample(2)).toEqual([2, 6]);
});

it("leaves out the steep fall at the beginning, which would press the rest flat", () => {
  const points = Array.from({ length: 512 }, (_, i) => [i / 512, i < 40 ? 9 - i / 10 : 3 - i / 512] as const);
  const curve = drawLossCurve(history(points), 20, 3);
  expect(curve?.highest).toBeCloseTo(2.9, 1);
  expect(curve?.rows[0]).toMatch(/^\u2800{2}/);
  for (const row of curve?.rows ?? []) expect(row).toMatch(/[^\u2800]{3}/);
});

it("reaches down to the latest loss, which is shown beside it", () => {
  const gathered = line(4, 2);
  gathered.add(1, 0.5);
  expect(drawLossCurve(gathered, 4, 2)?.lowest).toBe(0.5);
});
