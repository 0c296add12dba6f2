import { describe, expect, it } from "vitest";
import { coloursFor } from "../../../ts/src/cli/view/colours.js";
import { drawFrame, type Scene } from "../../../ts/src/cli/view/frame.js";
import { LossHistory } from "../../../ts/src/cli/view/loss-curve.js";
import { widthOf } from "../../../ts/src/cli/view/text-layout.js";

const plain = coloursFor({ isTTY: false });

function scene(): Scene {
  const history = new LossHistory();
  for (let i = 0; i < 62; i++) history.add(i / 100, 4 - i / 20);
  return {
    title: "fables, 103,496 symbols · gru, 256 units, 319.9k parameters · simd128",
    history,
    hint: "Ctrl-C stops and saves",
    step: {
      step: 1234,
      totalSteps: 2000,
      epoch: 12.34,
      loss: 1.432,
      bitsPerByte: 2.066,
      tokens: 2_527_232,
      tokensPerSecond: 58_200,
      learningRate: 0.002,
      gradientNorm: 0.5,
      elapsedSeconds: 31,
      remainingSeconds: 19,
      fractionDone: 0.617,
    },
    validationLoss: 1.532,
    sample: { text: 'Once there was a crow \u001B[2J who said 乌龟送信.\n\n\n\n"Ah!"', step: 1200 },
  };
}

it("shows everything where there is room", () => {
  const frame = drawFrame(scene(), { columns: 80, rows: 24 }, plain).join("\n");
  for (const words of [
    "fables, 103,496 symbols",
    "61 %   19 s left",
    "step 1,234/2,000",
    "loss 1.432",
    "held out 1.532",
    "symbols/s 58.2k",
    "3.650 ┤",
    "after 1,200 steps it writes",
    "│ Once there was a crow",
    "Ctrl-C stops and saves",
  ]) {
    expect(frame).toContain(words);
  }
  expect(frame, "an escape sequence of the model's is data").not.toContain("\u001B");
});

describe.each([
  [120, 40],
  [80, 24],
  [60, 16],
  [40, 12],
  [20, 10],
  [12, 8],
])("a terminal of %i by %i", (columns, rows) => {
  it("is never overfilled", () => {
    for (const step of [scene().step, undefined]) {
      const lines = drawFrame({ ...scene(), step }, { columns, rows }, plain);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(widthOf(line), line).toBeLessThan(columns);
    }
  });
});

it("gives up the sample first, then the curve, and never the figures", () => {
  const shown = (rows: number) => drawFrame(scene(), { columns: 80, rows }, plain).join("\n");
  expect(shown(24)).toContain("it writes");
  expect(shown(14)).not.toContain("it writes");
  expect(shown(14)).toContain("┤");
  expect(shown(9)).not.toContain("┤");
  expect(shown(9)).toContain("loss 1.432");
});

it("paints only where it may", () => {
  const size = { columns: 80, rows: 24 };
  const before = process.env["NO_COLOR"];
  try {
    delete process.env["NO_COLOR"];
    expect(drawFrame(scene(), size, coloursFor({ isTTY: true })).join("")).toContain("\u001B[36m");
    process.env["NO_COLOR"] = "1";
    expect(drawFrame(scene(), size, coloursFor({ isTTY: true })).join("")).not.toContain("\u001B");
  } finally {
    if (before === undefined) delete process.env["NO_COLOR"];
    else process.env["NO_COLOR"] = before;
  }
});
