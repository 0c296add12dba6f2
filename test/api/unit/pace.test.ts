// How much of its time a run works, by a clock that the test turns.
import { describe, expect, it } from "vitest";
import { Pace } from "../../../ts/src/engine/pace.js";
import { TrainingJob } from "../../../ts/src/engine/training-job.js";
import type { Model, Training } from "../../../ts/src/wasm/glue.js";

/** Time that passes only with work and rests, and how much of it was worked. */
function makeTime() {
  let time = 0;
  let busy = 0;
  return {
    clock: {
      now: () => time,
      after(milliseconds: number, callback: () => void) {
        let isCancelled = false;
        queueMicrotask(() => {
          if (isCancelled) return;
          time += milliseconds;
          callback();
        });
        return () => {
          isCancelled = true;
        };
      },
    },
    work(milliseconds: number) {
      time += milliseconds;
      busy += milliseconds;
    },
    pass(milliseconds: number) {
      time += milliseconds;
    },
    get share() {
      return busy / time;
    },
  };
}

const MILLISECONDS_PER_STEP = 10;

interface Course {
  readonly totalSteps?: number | null;
  readonly seconds?: number;
  /** Those before a checkpoint, and the share of the seconds that they took. */
  readonly stepsDone?: number;
  readonly validatedStep?: number;
  readonly secondsDone?: number;
  readonly onStep?: (steps: number) => void;
}

/** A run of Rust's whose steps take their time; it never ends unless a budget is given. */
function makeJob(
  time: ReturnType<typeof makeTime>,
  dutyCycle: number,
  {
    totalSteps = 1e9,
    seconds,
    stepsDone = 0,
    validatedStep = 0,
    secondsDone = 0,
    onStep = () => {},
  }: Course = {},
): TrainingJob {
  const training = {
    stepsDone,
    validatedStep,
    secondsDone,
    learningRate: 0.1,
    gradientNorm: 1,
    tokens: 1,
    correct: 1,
    rollbacks: 0,
    epoch: 0,
    get finished() {
      return totalSteps !== null && this.stepsDone >= totalSteps;
    },
    finish: () => undefined,
    validation: () => undefined,
    options: () => JSON.stringify({ evaluateEvery: 1e9, seconds }),
    plan: () => JSON.stringify({ totalSteps, tokensPerStep: 1, workers: 1 }),
    step() {
      this.stepsDone += 1;
      time.work(MILLISECONDS_PER_STEP);
      onStep(this.stepsDone);
      return 1;
    },
    free() {},
  };
  return new TrainingJob(training as unknown as Training, { pace: new Pace(dutyCycle, time.clock) });
}

const model = {} as Model;

describe("a duty cycle", () => {
  it.each([0.05, 0.25, 0.5, 1])("of %d works such a share of the time", async (dutyCycle) => {
    const time = makeTime();
    const job = makeJob(time, dutyCycle);
    // Up to the rest after the last slice.
    for (let i = 0; i < 200; i++) await job.advance(model);
    expect(time.share).toBeGreaterThanOrEqual(dutyCycle);
    expect(time.share).toBeLessThan(dutyCycle * 1.1);
  });

  it("rests in slices as short as those of work", async () => {
    const time = makeTime();
    const job = makeJob(time, 0.25);
    await job.advance(model);
    const [before, { step } = { step: undefined }] = [time.clock.now(), await job.advance(model)];
    expect(before, "no rest before the first slice").toBe(50);
    expect(time.clock.now() - before).toBe(150 + 50);
    expect(step).toMatchObject({ step: 10, elapsedSeconds: 0.25, tokensPerSecond: 100 });
  });

  it("counts a reader's pauses as rests", async () => {
    const time = makeTime();
    const job = makeJob(time, 0.5);
    await job.advance(model);
    time.pass(1000);
    await job.advance(model);
    expect(time.clock.now()).toBe(50 + 1000 + 50);
  });

  it("takes effect in the middle of a rest", async () => {
    const time = makeTime();
    const job = makeJob(time, 0.05);
    await job.advance(model);
    const pending = job.advance(model);
    job.pace.setDutyCycle(1);
    await pending;
    await job.advance(model);
    expect(time.clock.now()).toBeLessThanOrEqual(150);
  });
});

describe("the time that is left", () => {
  /** What is told of it, with the step. */
  async function told(job: TrainingJob): Promise<(number | undefined)[][]> {
    const steps: (number | undefined)[][] = [];
    while (!job.isFinished) {
      const chunk = await job.advance(model);
      if (chunk !== undefined) steps.push([chunk.step.step, Number(chunk.step.remainingSeconds.toFixed(6))]);
    }
    return steps;
  }

  it("is as long again for each step that is left as it was for those that were done", async () => {
    const left = await told(makeJob(makeTime(), 1, { totalSteps: 20 }));
    expect(left).toEqual([
      [5, 0.15],
      [10, 0.1],
      [15, 0.05],
      [20, 0],
    ]);
  });

  it("counts rests, and no pauses", async () => {
    const time = makeTime();
    const job = makeJob(time, 0.5, { totalSteps: 20 });
    expect((await job.advance(model))?.step.remainingSeconds).toBeCloseTo(0.15, 6);
    await job.pause();
    time.pass(60_000);
    job.pace.continue();
    // Ten steps of 10 ms, and a rest of 50 ms between them.
    expect((await job.advance(model))?.step.remainingSeconds).toBeCloseTo(0.15, 6);
  });

  it("of a budget in seconds is what is left of it", async () => {
    const left = await told(makeJob(makeTime(), 1, { totalSteps: null, seconds: 0.2 }));
    expect(left).toEqual([
      [5, 0.15],
      [10, 0.1],
      [15, 0.05],
      [20, 0],
    ]);
  });

  it("of a run that is gone on with is by the steps that were done here", async () => {
    const left = await told(makeJob(makeTime(), 1, { totalSteps: 20, stepsDone: 10 }));
    expect(left).toEqual([
      [15, 0.05],
      [20, 0],
    ]);
    const inSeconds = { totalSteps: null, seconds: 0.2, stepsDone: 10, secondsDone: 0.5 };
    expect(await told(makeJob(makeTime(), 1, inSeconds))).toEqual([
      [15, 0.05],
      [20, 0],
    ]);
  });
});

/** A job whose steps wait for others, as those of several workers do: meanwhile something can happen to it. */
function makeDisturbed(disturb: (job: TrainingJob) => void): TrainingJob {
  const time = makeTime();
  const job = makeJob(time, 1, {
    onStep: (steps) => {
      if (steps === 2) disturb(job);
      if (steps > 100) throw new Error("it goes on and on");
    },
  });
  return job;
}

it("a budget in seconds that is gone on with counts those before; what is told counts from there", async () => {
  const time = makeTime();
  const resumed = { stepsDone: 70, validatedStep: 70, secondsDone: 0.5 };
  const job = makeJob(time, 1, { ...resumed, totalSteps: null, seconds: 10 });
  const chunk = await job.advance(model);
  expect(chunk?.step).toMatchObject({ step: 75, tokens: 5, elapsedSeconds: 0.05, fractionDone: 0.505 });
  expect(chunk?.step.remainingSeconds).toBeCloseTo(4.95);
  expect(job.result).toMatchObject({
    steps: 75,
    resumedAt: 70,
    tokens: 5,
    seconds: 0.05,
    tokensPerSecond: 100,
  });
});

describe("a slice under way", () => {
  it("ends with the step at which the run was ended, though the clock stands from then on", async () => {
    const job = makeDisturbed(({ pace }) => pace.end());
    expect(await job.advance(model)).toMatchObject({ step: { step: 2 } });
  });

  it("ends with the step at which the run was paused", async () => {
    const job = makeDisturbed((training) => void training.pause());
    expect(await job.advance(model)).toMatchObject({ step: { step: 2 } });
  });
});

describe("a pause", () => {
  it("ends a rest, begins no work, and stops the clock", async () => {
    const time = makeTime();
    const job = makeJob(time, 0.5);
    await job.advance(model);
    const resting = job.advance(model);
    await job.pause();
    expect(await resting).toBeUndefined();
    expect(await job.advance(model)).toBeUndefined();
    time.pass(60_000);
    expect(job.result).toMatchObject({ steps: 5, seconds: 0.05 });
    let isOver = false;
    const continued = job.pace.continued().then(() => (isOver = true));
    await Promise.resolve();
    expect(isOver).toBe(false);
    job.pace.continue();
    await continued;
    // What was left of the rest is rested.
    await job.advance(model);
    expect(job.result).toMatchObject({ steps: 10, seconds: 0.15 });
  });

  it("that is taken back before the work has ended stops no clock", async () => {
    const time = makeTime();
    const job = makeJob(time, 1);
    const slice = job.advance(model);
    const pausing = job.pause();
    job.pace.continue();
    await Promise.all([slice, pausing]);
    time.pass(1000);
    expect(job.result).toMatchObject({ seconds: 1.05 });
  });

  it("ends with the job", async () => {
    const job = makeJob(makeTime(), 1);
    await job.advance(model);
    await job.pause();
    const waiting = job.pace.continued();
    job.pace.end();
    await waiting;
    expect(await job.advance(model)).toBeUndefined();
  });
});
