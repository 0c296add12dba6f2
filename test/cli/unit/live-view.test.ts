// What stays on the terminal after a training.
import { afterEach, expect, it, vi } from "vitest";
import { LiveTrainView } from "../../../ts/src/cli/view/live-view.js";
import type { TrainOutcome } from "../../../ts/src/cli/view/train-view.js";

const COLUMNS = 40;
const told = Object.getOwnPropertyDescriptor(process.stdout, "columns");

afterEach(() => {
  vi.restoreAllMocks();
  if (told === undefined) Reflect.deleteProperty(process.stdout, "columns");
  else Object.defineProperty(process.stdout, "columns", told);
});

it("the verdict is broken between words, as the rest is", () => {
  Object.defineProperty(process.stdout, "columns", { value: COLUMNS, configurable: true });
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const diagnosis = {
    kind: "done",
    message: "The loss has nearly come to rest.",
    advice: "Use the model: as many steps again would bring no more than a little.",
  };
  const result = { steps: 10, epochs: 1, loss: 2, rollbacks: 0, tokens: 0, seconds: 1, diagnosis };
  const outcome = { path: "x", bytes: 1000, hasReplaced: false, isInterrupted: false, result };
  new LiveTrainView().saved(outcome as unknown as TrainOutcome);
  const lines = String(write.mock.calls[0]?.[0]).split("\n");
  expect(lines.join(" ")).toContain("The loss has nearly come to rest. Use the model: as many steps again");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(COLUMNS);
});
