import { afterEach, expect, it, vi } from "vitest";
import { chooseTrainView } from "../../../ts/src/cli/view/choose-view.js";
import { LiveTrainView } from "../../../ts/src/cli/view/live-view.js";
import { PlainTrainView } from "../../../ts/src/cli/view/plain-view.js";
import { widthOf } from "../../../ts/src/cli/view/text-layout.js";
import type { TrainOutcome } from "../../../ts/src/cli/view/train-view.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const diagnosis = {
  kind: "learning",
  message: "The loss was still falling: by 12 % in the second half of the run.",
  advice: 'More passes would help: more "epochs", "steps" or "seconds".',
} as const;

it("what is said at the end is no wider than the terminal, but for a command, which stays in one piece", () => {
  const columns = Object.getOwnPropertyDescriptor(process.stdout, "columns");
  Object.defineProperty(process.stdout, "columns", { configurable: true, value: 40 });
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const resumeCommand =
    "npx mynah train a-text-with-a-long-name.txt --resume a-model-with-a-long-name.safetensors";
  const result = { steps: 10, loss: 2, rollbacks: 0, tokensPerSecond: 500, seconds: 3, diagnosis };
  const path = "models/notes.safetensors";
  const outcome = { path, bytes: 1e6, hasReplaced: true, isInterrupted: true, result, resumeCommand };
  try {
    new LiveTrainView().saved(outcome as TrainOutcome);
  } finally {
    if (columns === undefined) Reflect.deleteProperty(process.stdout, "columns");
    else Object.defineProperty(process.stdout, "columns", columns);
  }
  const said = write.mock.calls.map(([text]) => String(text)).join("");
  const lines = said.trim().split("\n");
  expect(lines.filter((line) => widthOf(line) >= 40)).toEqual([`Go on with: ${resumeCommand}`]);
  const words = lines.join(" ");
  for (const part of ["replacing the file of that name.", diagnosis.message]) expect(words).toContain(part);
});

it.each([
  ["xterm-256color", LiveTrainView],
  ["dumb", PlainTrainView],
])("a terminal that calls itself %s gets a view that it can show", (term, View) => {
  vi.stubEnv("TERM", term);
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, "isTTY");
  Object.defineProperty(process.stderr, "isTTY", { configurable: true, value: true });
  try {
    expect(chooseTrainView(false)).toBeInstanceOf(View);
  } finally {
    if (isTTY === undefined) Reflect.deleteProperty(process.stderr, "isTTY");
    else Object.defineProperty(process.stderr, "isTTY", isTTY);
  }
});
