import { describe, expect, it } from "vitest";
import {
  describeModel,
  describeOutcome,
  describeRollback,
  describeStart,
} from "../../../ts/src/cli/view/describe-run.js";
import type { TrainOutcome } from "../../../ts/src/cli/view/train-view.js";
import type { ModelInfo } from "../../../ts/src/types.js";

const info = (more: object) =>
  ({ cell: "gru", hiddenSize: 256, numLayers: 1, tokenizer: "characters", ...more }) as ModelInfo;

it.each([
  [{}, "gru, 256 units"],
  [{ resetAfter: false }, "gru (reset before), 256 units"],
  [{ cell: "rnn", activation: "relu" }, "rnn (relu), 256 units"],
  [{ cell: "lstm", layerNorm: true, numLayers: 2 }, "lstm with layer norm, 2 layers of 256 units"],
  [{ cell: "lstm", hiddenSize: [512, 256], numLayers: 2 }, "lstm, layers of 512 and 256 units"],
  [{ cell: "min-gru", block: true, numLayers: 3 }, "min-gru in blocks, 3 layers of 256 units"],
  [{ bidirectional: true }, "gru, from both ends, 256 units"],
  [{ conditionSize: 12 }, "gru, 256 units, conditions of 12 numbers"],
  [{ tokenizer: "bpe", vocabularySize: 1024 }, "gru, 256 units, 1,024 symbols of bpe"],
])("%o is %s", (more, words) => {
  expect(describeModel(info(more))).toBe(words);
});

it("the start names the text, the model, and the memory where it is known", () => {
  const start = {
    info: info({ parameters: 12_345 }),
    build: "simd128",
    textName: "notes.txt",
    symbols: 2000,
  };
  const words = "notes.txt, 2,000 symbols · gru, 256 units, 12.3k parameters · simd128";
  expect(describeStart(start)).toBe(words);
  expect(describeStart({ ...start, memoryBytes: 32.1e6 })).toBe(`${words} · about 32.1 MB of memory`);
  expect(describeStart({ ...start, workers: 1 })).toBe(words);
  expect(describeStart({ ...start, workers: 2 })).toBe(`${words} · 2 workers`);
});

it("a rollback says what was undone, why, and what follows", () => {
  expect(describeRollback({ reason: "gradient norm", step: 1200, learningRateFactor: 0.25 })).toBe(
    "step 1,200 undone, gradient norm not finite; learning rate × 0.25",
  );
});

describe("the outcome", () => {
  const outcome = (result: object, more: Partial<TrainOutcome> = {}) =>
    describeOutcome({
      path: "x",
      bytes: 1000,
      hasReplaced: false,
      isInterrupted: false,
      result: {
        steps: 10,
        epochs: 1,
        loss: 2,
        rollbacks: 0,
        tokens: 0,
        tokensPerSecond: 500,
        seconds: 3,
        ...result,
      },
      ...more,
    });

  it("says over how many steps the loss is", () => {
    expect(outcome({ steps: 1234 })[0]).toContain("Loss 2.000 over the last 100 steps.");
  });

  it("is two sentences", () => {
    expect(outcome({ validationLoss: 2.5 })).toEqual([
      "Trained for 10 steps in 3 s (500 symbols/s). Loss 2.000 over the last 10 steps, 2.500 on the held-out text.",
      "Saved x (1.0 kB).",
    ]);
  });

  it("says which weights were kept, what ended the run early, and what was undone", () => {
    const result = { validationLoss: 2.5, bestStep: 8, stoppedEarly: true, rollbacks: 1 } as const;
    expect(outcome(result)[0]).toBe(
      "Trained for 10 steps in 3 s, early because the held-out loss fell no more (500 symbols/s). " +
        "Loss 2.000 over the last 10 steps, 2.500 on the held-out text, with the weights of step 8, the best, which came back. " +
        "Undone on the way: 1 step.",
    );
  });

  it("says how many of the steps a resumed run has done now", () => {
    expect(outcome({ resumedAt: 7 })[0]).toMatch(/^Trained for 10 steps, 3 of them now, in 3 s /);
  });

  it("leaves out a loss that nobody knows", () => {
    expect(outcome({ loss: NaN, validationLoss: 1 })[0]).toContain("symbols/s). 1.000 on the held-out text.");
  });

  it("says what the course of the run means, with the names of flags", () => {
    const diagnosis = { kind: "overfitting", message: "It rises.", advice: 'Lower "hiddenSize".' } as const;
    expect(outcome({ diagnosis }).at(-1)).toBe("It rises. Lower --hidden-size.");
  });

  it("says nothing of a run that was stopped too early to tell", () => {
    const diagnosis = { kind: "too-early-to-tell", message: "It is too early.", advice: "Wait." } as const;
    expect(outcome({ diagnosis }, { isInterrupted: true })).toHaveLength(2);
    expect(outcome({ diagnosis })).toHaveLength(3);
  });

  it("says where the model is whose place a checkpoint has taken", () => {
    const more = { isInterrupted: true, resumeCommand: "go on", previous: "my x.previous" };
    expect(outcome({}, more).slice(1)).toEqual([
      "Saved x (1.0 kB, a checkpoint).",
      "The model that was there is kept as my x.previous. Back to it with: mv 'my x.previous' x",
      "Go on with: go on",
    ]);
  });

  it("says of an interrupted run how to go on", () => {
    const more = { isInterrupted: true, resumeCommand: "npx mynah train notes.txt --resume x" };
    expect(outcome({}, more)).toEqual([
      "Stopped after 10 steps in 3 s (500 symbols/s). Loss 2.000 over the last 10 steps.",
      "Saved x (1.0 kB, a checkpoint).",
      "Go on with: npx mynah train notes.txt --resume x",
    ]);
  });
});
