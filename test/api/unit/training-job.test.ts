// A run on a stand-in for Rust's: when it validates, what it tells, and which weights are measured at the end.
import { describe, expect, it } from "vitest";
import type { TrainChunk } from "../../../ts/src/engine/engine-api.js";
import { TrainingJob } from "../../../ts/src/engine/training-job.js";
import { MynahError } from "../../../ts/src/errors.js";
import type { Evaluation, Model, Training } from "../../../ts/src/wasm/glue.js";
import type { Rollback } from "../../../ts/src/types.js";

const model = {} as Model;

interface Course {
  readonly totalSteps?: number;
  readonly stepsDone?: number;
  readonly validatedStep?: number;
  /** Steps undone before the run was resumed. */
  readonly rollbacks?: number;
  /** Held-out loss by the step that it is measured after, NaN where the weights are damaged; none is held out unless given. */
  readonly heldOut?: (step: number) => number;
  /** Steps that are undone, each once. */
  readonly bad?: readonly number[];
  /** Validations without progress that end the run. */
  readonly earlyStopping?: number;
  readonly evaluateEvery?: number;
}

/** Keeps the best weights as Rust does, and writes down what it is asked. */
function standIn({
  totalSteps = 6,
  heldOut,
  bad = [],
  earlyStopping = Infinity,
  evaluateEvery = 1000,
  ...start
}: Course) {
  const asked: string[] = [];
  let [best, bestStep, inVain] = [Infinity, 0, 0];
  let kept: number | undefined;
  const training = {
    stepsDone: start.stepsDone ?? 0,
    validatedStep: start.validatedStep ?? 0,
    secondsDone: 0,
    learningRate: 0.1,
    gradientNorm: 1,
    tokens: 4,
    correct: 3,
    rollback: undefined as string | undefined,
    rollbacks: start.rollbacks ?? 0,
    epoch: 0,
    get finished() {
      return this.stepsDone >= totalSteps;
    },
    options: () => JSON.stringify({ evaluateEvery }),
    plan: () =>
      JSON.stringify({ totalSteps, tokensPerStep: 4, workers: 1, trainTokens: 90, validationTokens: 10 }),
    step() {
      const step = (this.stepsDone += 1);
      this.rollback = undefined;
      if (!bad.includes(step)) return 10 - step;
      const rollback = { reason: "loss", step, learningRateFactor: 0.5 } satisfies Rollback;
      this.rollback = JSON.stringify(rollback);
      this.rollbacks += 1;
      return NaN;
    },
    validation(_: Model, streams: number) {
      if (heldOut === undefined) return undefined;
      const loss = heldOut(kept ?? this.stepsDone);
      asked.push(`read ${kept ?? this.stepsDone} in ${streams}`);
      return {
        advance() {
          if (Number.isNaN(loss)) throw new MynahError("non-finite-loss", "the weights are damaged");
          return true;
        },
        result: () => JSON.stringify({ loss, bitsPerByte: loss / 2, accuracy: 0.5 }),
        free() {},
      } as unknown as Evaluation;
    },
    validated(_: Model, loss: number) {
      this.validatedStep = this.stepsDone;
      const isBest = loss < best;
      inVain = isBest ? 0 : inVain + 1;
      if (isBest) [best, bestStep] = [loss, this.stepsDone];
      return JSON.stringify({ improved: isBest, stop: inVain >= earlyStopping });
    },
    finish() {
      kept = bestStep === 0 ? undefined : bestStep;
      asked.push(`keep ${kept ?? "the last"}`);
      return kept === undefined ? undefined : JSON.stringify({ loss: best, step: kept });
    },
    free() {},
  };
  return { training: training as unknown as Training, asked };
}

/** Runs it to its end, and gives all that it tells. */
async function runOut(job: TrainingJob): Promise<TrainChunk[]> {
  const chunks: TrainChunk[] = [];
  while (chunks.at(-1)?.result === undefined) {
    const chunk = await job.advance(model);
    if (chunk !== undefined) chunks.push(chunk);
    expect(chunks.length).toBeLessThan(100);
  }
  return chunks;
}

describe("a run with validations", () => {
  it("ends with the best weights, and measures those exactly", async () => {
    const { training, asked } = standIn({
      evaluateEvery: 2,
      heldOut: (step) => [9, 8, 5, 6, 7, 6, 5.5][step] ?? 0,
    });
    const chunks = await runOut(new TrainingJob(training));
    expect(asked).toEqual(["read 2 in 32", "read 4 in 32", "read 6 in 32", "keep 2", "read 2 in 1"]);
    expect(chunks.map(({ step }) => [step.step, step.validationLoss, step.isBest])).toEqual([
      [2, 5, true],
      [4, 7, false],
      [6, 5, false],
    ]);
    expect(chunks.at(-1)?.result).toMatchObject({ steps: 6, validationLoss: 5, bestStep: 2 });
  });

  it("says nothing of best weights where they are the last", async () => {
    const { training } = standIn({ evaluateEvery: 2, heldOut: (step) => 10 - step });
    const last = (await runOut(new TrainingJob(training))).at(-1);
    expect(last?.step).toMatchObject({ isBest: true, validationLoss: 4 });
    expect(last?.result).not.toHaveProperty("bestStep");
    expect(last?.result).not.toHaveProperty("stoppedEarly");
  });

  it("fails where one shows that it has diverged, and says what to do", async () => {
    const { training } = standIn({ evaluateEvery: 2, heldOut: (step) => (step < 4 ? 1 : NaN) });
    const job = new TrainingJob(training);
    await expect(runOut(job)).rejects.toMatchObject({
      code: "non-finite-loss",
      message: expect.stringMatching(/after step 4 is not finite: .*learningRate, or clipNorm 1$/),
    });
  });

  it("does not compare where there is nothing to compare with", async () => {
    const { training, asked } = standIn({ heldOut: () => 1 });
    await runOut(new TrainingJob(training));
    expect(asked).toEqual(["keep the last", "read 6 in 1"]);
  });

  it("stops early when it is told to, as at its end", async () => {
    const { training, asked } = standIn({
      evaluateEvery: 10,
      totalSteps: 100,
      heldOut: (step) => step,
      earlyStopping: 2,
    });
    const last = (await runOut(new TrainingJob(training))).at(-1);
    expect(asked.slice(-2)).toEqual(["keep 10", "read 10 in 1"]);
    expect(last?.step).toMatchObject({ step: 30, fractionDone: 1, remainingSeconds: 0, stoppedEarly: true });
    expect(last?.result).toMatchObject({ steps: 30, bestStep: 10, stoppedEarly: true, validationLoss: 10 });
  });
});

it("a run without held-out text ends with its last step", async () => {
  const { training, asked } = standIn({});
  const chunks = await runOut(new TrainingJob(training));
  expect(asked).toEqual(["keep the last"]);
  expect(chunks.at(-1)?.result).toMatchObject({ steps: 6, rollbacks: 0 });
  expect(chunks.at(-1)?.result).not.toHaveProperty("validationLoss");
});

describe("a step that is undone", () => {
  it("is told at once, and counts in no loss", async () => {
    const { training } = standIn({ bad: [3] });
    const chunks = await runOut(new TrainingJob(training));
    const [told, ...others] = chunks.filter(({ step }) => step.rollback !== undefined);
    expect(told?.step).toMatchObject({
      step: 3,
      loss: 8.5,
      gradientNorm: 1,
      rollback: { reason: "loss", step: 3, learningRateFactor: 0.5 },
    });
    expect(others).toEqual([]);
    expect(chunks.at(-1)?.result).toMatchObject({ steps: 6, rollbacks: 1, loss: 6.4 });
  });

  it("counts with those before the run was resumed", async () => {
    const { training } = standIn({ stepsDone: 3, rollbacks: 2, bad: [5] });
    expect((await runOut(new TrainingJob(training))).at(-1)?.result).toMatchObject({
      steps: 6,
      rollbacks: 3,
    });
  });

  it("may be the first one, and is told with the next", async () => {
    const { training } = standIn({ bad: [1] });
    const [first] = await runOut(new TrainingJob(training));
    expect(first?.step).toMatchObject({ step: 2, loss: 8, rollback: { step: 1 } });
  });
});

describe("a run that is gone on with", () => {
  const heldOut = (step: number) => 10 - step;

  it("makes up for the validation that it was left in", async () => {
    const { training, asked } = standIn({ evaluateEvery: 2, stepsDone: 4, validatedStep: 2, heldOut });
    const chunks = await runOut(new TrainingJob(training));
    expect(asked.slice(0, 2)).toEqual(["read 4 in 32", "read 6 in 32"]);
    expect(chunks[0]?.step).toMatchObject({ step: 4, validationLoss: 6 });
  });

  it("does not validate twice", async () => {
    const { training, asked } = standIn({ evaluateEvery: 2, stepsDone: 4, validatedStep: 4, heldOut });
    await runOut(new TrainingJob(training));
    expect(asked[0]).toBe("read 6 in 32");
  });

  it("only ends when it was left after its last step", async () => {
    const { training, asked } = standIn({ evaluateEvery: 2, stepsDone: 6, validatedStep: 4, heldOut });
    const chunks = await runOut(new TrainingJob(training));
    expect(asked).toEqual(["read 6 in 32", "keep 6", "read 6 in 1"]);
    expect(chunks.at(-1)?.result).toMatchObject({ steps: 6, validationLoss: 4, loss: NaN });
  });

  it("counts its speed from there, and its steps from the beginning", async () => {
    const { training } = standIn({ totalSteps: 1000, stepsDone: 900, validatedStep: 900 });
    const job = new TrainingJob(training);
    expect(job.result).toBeUndefined();
    const [first] = await runOut(job);
    expect(first?.step.step).toBe(1000);
    const { tokens = 0, tokensPerSecond = 0, seconds = 0 } = job.result ?? {};
    expect(tokens).toBe(400);
    expect(tokensPerSecond * seconds).toBeGreaterThan(399);
    expect(job.result).toMatchObject({ steps: 1000, resumedAt: 900 });
  });
});

describe("a step tells", () => {
  it("bits per byte, by the bytes that a symbol of the text takes", async () => {
    const { training } = standIn({ evaluateEvery: 3, heldOut: () => 4 });
    const chunks = await runOut(new TrainingJob(training, { bytes: 200 }));
    expect(chunks[0]?.step).toMatchObject({ step: 3, loss: 8, bitsPerByte: 8 / (Math.LN2 * 2) });
    expect(chunks[0]?.step).toMatchObject({ validationBitsPerByte: 2, validationAccuracy: 0.5 });
  });

  it("the share of symbols that were foreseen right", async () => {
    const { training } = standIn({ bad: [2] });
    for (const { step } of await runOut(new TrainingJob(training))) expect(step.accuracy).toBe(0.75);
  });

  it("no share where no step came to a loss", async () => {
    const { training } = standIn({ evaluateEvery: 2, stepsDone: 6, validatedStep: 4, heldOut: () => 1 });
    const [chunk] = await runOut(new TrainingJob(training));
    expect(chunk?.step).not.toHaveProperty("accuracy");
  });
});
