// Verdicts on histories that were made up, each on its side of a threshold.
import { describe, expect, it } from "vitest";
import { diagnose, type DiagnosisKind } from "../../../ts/src/diagnosis/diagnose.js";
import { RunRecorder, type RunHistory, type Stretch } from "../../../ts/src/diagnosis/history.js";
import { withFlagNames } from "../../../ts/src/cli/flags.js";
import type { TrainStep } from "../../../ts/src/types.js";

interface Made extends Partial<Omit<RunHistory, "stretches">> {
  readonly training: readonly number[];
  /** None is held out unless given. */
  readonly heldOut?: readonly number[];
  readonly norm?: number;
}

const STEPS = 50;

/** A run of some prose, with as many stretches as losses; it is over unless it says how far it is. */
function history({ training, heldOut, norm = 0.5, ...more }: Made): RunHistory {
  const stretches = training.map((loss, i): Stretch => {
    const validationLoss = heldOut?.[i];
    const stretch = { step: (i + 1) * STEPS, steps: STEPS, loss, gradientNorm: norm };
    return validationLoss === undefined ? stretch : { ...stretch, validationLoss };
  });
  return {
    stretches,
    parameters: 50_000,
    vocabularySize: 60,
    trainTokens: 100_000,
    clipNorm: 1,
    usualRate: 0.01,
    learningRate: 0.01,
    rollbacks: 0,
    fractionDone: 1,
    epoch: 5,
    tokens: 500_000,
    ...more,
  };
}

const kindOf = (made: Made): DiagnosisKind => diagnose(history(made)).kind;

/** Down to rest. */
const RESTING = [2.6, 2.2, 2, 1.9, 1.825, 1.82, 1.818, 1.815, 1.812, 1.81];
const FALLING = [3, 2.8, 2.6, 2.5, 2.4, 2.3, 2.2, 2.1, 2, 1.9];

describe("a run", () => {
  it.each<readonly [DiagnosisKind, string, Made]>([
    ["too-early-to-tell", "with two stretches", { training: [3, 2.5], fractionDone: 0.2 }],
    ["learning", "that falls", { training: FALLING, heldOut: FALLING }],
    ["learning", "that falls, with nothing held out", { training: FALLING }],
    ["learning", "on its way", { training: FALLING.slice(0, 4), heldOut: FALLING, fractionDone: 0.4 }],
    ["converged", "that is flat", { training: RESTING, heldOut: RESTING }],
    [
      "done",
      "that falls by 2 % at its end",
      { training: FALLING, heldOut: [3, 2, 2, 2, 2, 2, 2, 1.98, 1.97, 1.96] },
    ],
    [
      "learning",
      "that does so on its way",
      { training: FALLING, heldOut: [3, 2, 2, 2, 2, 2, 2, 1.98, 1.97, 1.96], fractionDone: 0.9 },
    ],
    ["overfitting", "that turns", { training: FALLING, heldOut: [3, 2.5, 2.2, 2.1, 2.15, 2.2, 2.3] }],
    [
      "overfitting",
      "that turns steeply in the last moment",
      { training: FALLING.slice(0, 5), heldOut: [3, 2.5, 2.2, 2.1, 2.3] },
    ],
    [
      "converged",
      "that rises by less than it wavers",
      { training: FALLING, heldOut: [3, 2.5, 2.2, 2.1, 2.11, 2.12, 2.13] },
    ],
    [
      "model-too-large",
      "with too many weights that learns by heart",
      {
        training: FALLING,
        heldOut: [3.1, 2.9, 2.8, 2.7, 2.6, 2.6, 2.6, 2.6, 2.6, 2.6],
        parameters: 2_100_000,
      },
    ],
    [
      "learning",
      "with too many weights, as long as what it learns does it good",
      {
        training: FALLING,
        heldOut: [3.2, 3.1, 3, 2.9, 2.85, 2.8, 2.75, 2.7, 2.65, 2.6],
        parameters: 2_100_000,
      },
    ],
    [
      "converged",
      "with weights that the text can fill",
      { training: FALLING, heldOut: [3.1, 2.9, 2.8, 2.7, 2.6, 2.6, 2.6, 2.6, 2.6, 2.6] },
    ],
    ["model-too-small", "that is full", { training: RESTING, heldOut: RESTING, tokens: 6_000_000 }],
    [
      "converged",
      "that is full and good",
      {
        training: RESTING.map((loss) => loss * 0.6),
        heldOut: RESTING.map((loss) => loss * 0.6),
        tokens: 6_000_000,
      },
    ],
    ["rate-too-high", "with two steps undone", { training: FALLING, rollbacks: 2 }],
    ["learning", "with one step undone", { training: FALLING, rollbacks: 1 }],
    ["rate-too-high", "that is undone at once", { training: [3], rollbacks: 2, fractionDone: 0.1 }],
    ["rate-too-high", "worse than guessing", { training: [4.1, 4.2, 4.3, 4.35] }],
    [
      "rate-too-high",
      "whose loss rises again",
      { training: [3, 2.5, 2.2, 2.5], heldOut: [3, 2.5, 2.2, 2.5] },
    ],
    ["rate-too-high", "whose loss jumps", { training: [3, 2.5, 2.8, 2.4, 2.7, 2.3, 2.6, 2.2] }],
    ["rate-too-high", "whose gradients explode", { training: FALLING, norm: 11 }],
    [
      "learning",
      "whose gradients would, were they clipped",
      { training: FALLING, norm: 11, clipNorm: undefined },
    ],
    [
      "rate-too-high",
      "that once rose at a wild rate",
      { training: [2, 2.2, 2.1, 2, 1.9, 1.8, 1.7, 1.6], learningRate: 0.1 },
    ],
    ["learning", "that once rose at the usual rate", { training: [2, 2.2, 2.1, 2, 1.9, 1.8, 1.7, 1.6] }],
    ["rate-too-high", "that is stuck at a wild rate", { training: [3, 2.99, 2.98, 2.97], learningRate: 0.1 }],
    ["rate-too-low", "that creeps at a low rate", { training: FALLING, learningRate: 0.001 }],
    [
      "rate-too-low",
      "that has hardly fallen, at a rate unknown",
      { training: [4.1, 4.05, 4, 3.9], usualRate: undefined },
    ],
    [
      "rate-too-low",
      "that stays at guessing, at a rate far below the usual one",
      { training: [4.1, 4.098, 4.101, 4.1], heldOut: [4.1, 4.1, 4.101, 4.1], learningRate: 1e-8 },
    ],
    [
      "converged",
      "whose loss, next to nothing, rises by half",
      { training: [0.4, 0.01, 0.004, 0.002, 0.001], heldOut: [0.4, 0.002, 0.002, 0.003, 0.004] },
    ],
    [
      "converged",
      "whose loss, next to nothing, falls by half",
      { training: [0.4, 0.02, 0.01, 0.005, 0.002], heldOut: [0.4, 0.02, 0.01, 0.005, 0.002] },
    ],
    [
      "converged",
      "with too many weights, of whose losses nothing is left",
      {
        training: [0.4, 0.01, 0.004, 0.002, 0.001],
        heldOut: [0.4, 0.012, 0.006, 0.004, 0.004],
        parameters: 2_100_000,
      },
    ],
    [
      "rate-too-high",
      "that no finite loss has ended",
      { training: [3], hasDiverged: true, fractionDone: 0.1 },
    ],
    ["converged", "that has hardly fallen at a good rate", { training: [4.1, 4.099, 4.098, 4.097] }],
  ])("is %s: one %s", (kind, _, made) => {
    expect(kindOf(made)).toBe(kind);
  });
});

it("takes a few symbols for no text, whatever the losses", () => {
  for (const training of [[3, 2.5], RESTING, FALLING]) {
    for (const trainTokens of [3, 199]) {
      const { kind, message, advice } = diagnose(history({ training, trainTokens }));
      expect(kind).toBe("too-little-text");
      expect(message).toContain(`The text to learn from is too small: ${trainTokens} symbols are`);
      expect(advice).toMatch(/^Give it more text/);
    }
    expect(kindOf({ training, trainTokens: 200 })).not.toBe("too-little-text");
  }
});

it("measures no gap that is beyond all measure", () => {
  const training = FALLING.map((loss, i) => (i < 9 ? loss : 0.01));
  const made = { training, heldOut: RESTING, parameters: 2_100_000 };
  const { kind, message } = diagnose(history(made));
  expect(kind).toBe("model-too-large");
  expect(message).toContain("the held-out loss is many times the training loss");
});

it.each([
  [FALLING.slice(0, 4), "Go on.", "Go on from where it was stopped: more passes would help."],
  [[3, 2.5], "Wait for the third validation.", "Go on from where it was stopped for more to be seen."],
  [RESTING, /^Stop here/, /^Leave it at that/],
])("advises a run that was stopped on what comes after it: %j", (training, before, after) => {
  const made = history({ training, fractionDone: 0.4 });
  const [running, stopped] = [diagnose(made), diagnose(made, true)];
  expect(running.advice).toMatch(before);
  expect(stopped.advice).toMatch(after);
  expect(stopped.kind, "stopping it changes no verdict").toBe(running.kind);
  expect(stopped.message).not.toMatch(/yet|is falling|so far/);
});

it("names the step from which the held-out loss rose", () => {
  const { message } = diagnose(history({ training: FALLING, heldOut: [3, 2.5, 2.2, 2.1, 2.15, 2.2, 2.3] }));
  expect(message).toContain("since step 200, from 2.10 to 2.30");
});

it("advises with names that are flags on the command line", () => {
  const { advice } = diagnose(history({ training: RESTING, heldOut: RESTING, tokens: 6_000_000 }));
  expect(withFlagNames(advice)).toBe("Raise --hidden-size, or have one more of --num-layers.");
});

describe("what is written down of a run", () => {
  const facts = { parameters: 1, vocabularySize: 60, trainTokens: 1000 };
  const told = (step: number, loss: number, more: Partial<TrainStep> = {}) =>
    ({
      step,
      loss,
      gradientNorm: 1,
      learningRate: 0.1,
      fractionDone: 0.5,
      epoch: 1,
      tokens: 1,
      ...more,
    }) as TrainStep;

  it("counts no steps that were done before it went on", () => {
    const recorder = new RunRecorder({ ...facts, goesOn: true }, false);
    recorder.add(told(10_020, 4));
    recorder.add(told(10_040, 2));
    expect(recorder.history?.stretches.map(({ steps }) => steps)).toEqual([1, 20]);
  });

  it("is the same whenever steps are told", () => {
    const [often, seldom] = [new RunRecorder(facts, true), new RunRecorder(facts, true)];
    often.add(told(1, 4));
    often.add(told(3, 2.5));
    for (const recorder of [often, seldom])
      recorder.add(told(4, recorder === often ? 3 : 3, { validationLoss: 3 }));
    expect(often.history?.stretches).toEqual([
      { step: 4, steps: 4, loss: 3, gradientNorm: 1, validationLoss: 3 },
    ]);
    expect(seldom.history?.stretches).toEqual(often.history?.stretches);
  });

  it("leaves out the last reading where it is one of earlier weights", () => {
    const recorder = new RunRecorder(facts, true);
    recorder.add(told(4, 3, { validationLoss: 3 }));
    recorder.add(told(8, 2, { validationLoss: 3, isBest: false, fractionDone: 1 }));
    expect(recorder.history?.stretches).toHaveLength(1);
    expect(recorder.history).toMatchObject({ fractionDone: 1 });
  });

  it("counts steps undone, and leaves out losses that are none", () => {
    const recorder = new RunRecorder(facts, false);
    recorder.add(told(1, NaN, { rollback: { reason: "loss", step: 1, learningRateFactor: 0.5 } }));
    recorder.add(told(2, 3));
    expect(recorder.history).toMatchObject({ rollbacks: 1, stretches: [{ step: 2, steps: 1, loss: 3 }] });
  });

  it("counts the symbols before it was resumed, too", () => {
    const recorder = new RunRecorder({ ...facts, goesOn: true }, false);
    recorder.add(told(10_020, 4, { epoch: 2.5, tokens: 20 }));
    expect(recorder.history).toMatchObject({ tokens: 2500 });
  });

  it("takes no more room for a long run", () => {
    const recorder = new RunRecorder(facts, false);
    for (let step = 1; step <= 10_000; step++) recorder.add(told(step, step));
    const stretches = recorder.history?.stretches ?? [];
    expect(stretches.length).toBeLessThanOrEqual(256);
    expect(stretches.reduce((sum, { steps }) => sum + steps, 0)).toBe(10_000);
    const sum = stretches.reduce((total, { steps, loss }) => total + steps * loss, 0);
    expect(sum / 10_000).toBeCloseTo(5000.5, 6);
  });
});
