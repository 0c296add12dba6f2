import { expect, it } from "vitest";
import { ProgressLines } from "../../../ts/src/cli/view/progress-lines.js";
import type { TrainStep } from "../../../ts/src/types.js";

const step = (number: number, elapsedSeconds: number, more: Partial<TrainStep> = {}): TrainStep => ({
  step: number,
  epoch: 0,
  loss: 2,
  bitsPerByte: 2.885,
  tokens: 0,
  tokensPerSecond: 0,
  learningRate: 0,
  gradientNorm: 0,
  elapsedSeconds,
  remainingSeconds: 0,
  fractionDone: 0.5,
  ...more,
});

it("lets one step a second through", () => {
  const lines = new ProgressLines();
  const shown = [0.05, 0.5, 1.04, 1.06, 1.5, 2.2].map(
    (seconds, i) => lines.next(step(i + 1, seconds)) !== undefined,
  );
  expect(shown).toEqual([true, false, false, true, false, true]);
});

it("lets every validation, every rollback, every sample and the last step through", () => {
  const lines = new ProgressLines();
  lines.next(step(1, 0));
  expect(lines.next(step(2, 0.1, { validationLoss: 1.5 }))).toMatchObject({ validationLoss: 1.5 });
  expect(lines.next(step(3, 0.2))).toBeUndefined();
  expect(lines.next(step(4, 0.3, { fractionDone: 1 }))).toMatchObject({ step: 4 });
  const rollback = { reason: "loss", step: 6, learningRateFactor: 0.5 } as const;
  expect(lines.next(step(5, 0.4, { rollback }))).toMatchObject({ rollback });
  expect(lines.next(step(6, 0.5, { sample: "the owl" }))).toMatchObject({ sample: "the owl" });
});

it("averages the loss over all steps since the line before", () => {
  const lines = new ProgressLines();
  expect(lines.next(step(1, 0, { loss: 4 }))?.loss).toBe(4);
  lines.next(step(2, 0.1, { loss: 3 }));
  // Covers three steps, so it counts three times.
  expect(lines.next(step(5, 1.5, { loss: 1 }))?.loss).toBe(1.5);
});

it("averages bits per byte and accuracy alike, of the steps that have one", () => {
  const lines = new ProgressLines();
  lines.next(step(1, 0));
  lines.next(step(2, 0.1, { bitsPerByte: 4, accuracy: 0.5 }));
  lines.next(step(3, 0.2, { bitsPerByte: 4 }));
  expect(lines.next(step(5, 1.5, { bitsPerByte: 2, accuracy: 0.2 }))).toMatchObject({
    bitsPerByte: 3,
    accuracy: (0.5 + 2 * 0.2) / 3,
  });
});
