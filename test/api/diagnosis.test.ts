// Real runs, each made to deserve its verdict. What they come to is the same bits everywhere, and so is what is said of them.
import { describe, expect, it } from "vitest";
import { loadCorpus, type DiagnosisKind, type ModelOptions, type TrainSettings } from "mynah";
import { failure } from "./errors.js";
import { create } from "./models.js";

const place = { worker: false, build: "simd128" } as const;
const fables = await loadCorpus("fables");
const short = fables.slice(0, 20_000);
const quick = { batchSize: 8, seqLength: 32, steps: 200 } as const satisfies TrainSettings;

/** Letters that are drawn one by one, some more often than others (Park and Miller's generator). */
function drawn(length: number): string {
  let state = 1;
  const letter = (): string => {
    state = (state * 48271) % 2147483647;
    return "aaaabbcd".charAt(state % 8);
  };
  return Array.from({ length }, letter).join("");
}

interface Course {
  readonly text: string;
  readonly model?: ModelOptions;
  readonly settings?: TrainSettings;
  /** The words of message and advice that matter. */
  readonly words: readonly string[];
}

/** Runs, with the verdict at their end. */
const courses: readonly (readonly [DiagnosisKind, Course])[] = [
  [
    "too-early-to-tell",
    { text: short, settings: { steps: 10 }, words: ["so short a run", '"steps"', '"evaluateEvery"'] },
  ],
  [
    "learning",
    {
      text: short,
      settings: { steps: 100 },
      words: ["was still falling", '"epochs"'],
    },
  ],
  [
    "done",
    {
      text: await loadCorpus("dinosaurs"),
      settings: { steps: 600, dropout: 0.2, weightDrop: 0 },
      words: ["nearly come to rest", "second half"],
    },
  ],
  [
    "converged",
    {
      // Nothing can be foreseen of it but how frequent each letter is.
      text: drawn(20_000),
      model: { hiddenSize: 16 },
      words: ["falls no more", '"earlyStopping"'],
    },
  ],
  [
    "overfitting",
    {
      text: fables.slice(0, 10_000),
      model: { hiddenSize: 128 },
      settings: { steps: 400, dropout: 0, weightDrop: 0, schedule: "constant", learningRate: 0.02 },
      words: ["risen since step 120,", "while the training loss fell", '"dropout"', '"keepBest"'],
    },
  ],
  [
    "model-too-large",
    {
      text: fables.slice(0, 3000),
      model: { hiddenSize: 128 },
      settings: { batchSize: 4, dropout: 0, weightDrop: 0 },
      words: ["54 weights for each symbol", "by heart", '"hiddenSize"'],
    },
  ],
  [
    "model-too-small",
    {
      text: fables.slice(0, 60_000),
      model: { hiddenSize: 4, embeddingSize: 4 },
      settings: { batchSize: 16, steps: 1200, learningRate: 0.03 },
      words: ["flat at 2.", "what it can hold", '"hiddenSize"'],
    },
  ],
  [
    "rate-too-high",
    {
      text: short,
      settings: { learningRate: 0.5, optimizer: "adamw" },
      words: ["The steps are too large", "to 0.01 for instance"],
    },
  ],
  [
    "rate-too-low",
    { text: short, settings: { learningRate: 0.0003 }, words: ["slowly", '"learningRate"', "to 0.01 for"] },
  ],
  [
    "rate-too-low",
    {
      text: fables.slice(0, 60_000),
      settings: { learningRate: 1e-8 },
      words: ["still about that of guessing", '"learningRate"', "to 0.01 for"],
    },
  ],
  [
    "converged",
    {
      text: "abcab".repeat(4000),
      settings: { dropout: 0, weightDrop: 0 },
      words: ["next to nothing: it is 0.00", "nothing is left to learn"],
    },
  ],
  ["converged", { text: "a".repeat(20_000), words: ["next to nothing: it is 0.00"] }],
];

describe("a run that is made to be", () => {
  it.each(courses)("%s is called so", async (kind, { text, model: options, settings, words }) => {
    const model = await create(place, { text, hiddenSize: 64, embeddingSize: 128, ...options });
    const run = model.train({ text, ...quick, ...settings });
    const { diagnosis } = await run;
    expect(diagnosis).toMatchObject({ kind });
    for (const word of words) expect(`${diagnosis?.message} ${diagnosis?.advice}`).toContain(word);
    expect(run.diagnosis).toEqual(diagnosis);
  });

  it("undone has its rate called too high as soon as that is known", async () => {
    const model = await create(place, {
      text: short,
      hiddenSize: 64,
      embeddingSize: 128,
      cell: "rnn",
      activation: "relu",
    });
    const settings = { ...quick, learningRate: 1, clipNorm: 0 };
    const run = model.train({ text: short, ...settings });
    await expect(run).rejects.toMatchObject({ code: "non-finite-loss" });
    expect(run.diagnosis).toMatchObject({ kind: "rate-too-high" });
    expect(run.diagnosis?.message).toContain("had to be undone");
  });
});

it("a run whose validation shows that it has diverged is told what to change, and why", async () => {
  const model = await create(place, { text: short, hiddenSize: 64, cell: "rnn", activation: "relu" });
  const steep = {
    optimizer: "sgd",
    momentum: 0,
    learningRate: 10,
    clipNorm: 0,
    schedule: "constant",
  } as const;
  const run = model.train({ text: short, ...quick, ...steep, warmupSteps: 0, steps: 10, evaluateEvery: 1 });
  await failure(run, "non-finite-loss", "the held-out loss after step", "learningRate", "clipNorm 1");
  expect(run.diagnosis).toMatchObject({ kind: "rate-too-high" });
});

describe("a diagnosis", () => {
  it("is there from the first step on, and as good in a worker", async () => {
    const model = await create({ worker: true, build: "simd128" }, { text: short, hiddenSize: 64 });
    const run = model.train({ text: short, ...quick });
    expect(run.diagnosis).toBeUndefined();
    const kinds = new Set<string | undefined>();
    for await (const _ of run) kinds.add(run.diagnosis?.kind);
    expect([...kinds]).toEqual(["too-early-to-tell", "learning"]);
    expect((await run).diagnosis).toMatchObject({ kind: "learning" });
  });

  it("of a run that was resumed looks at what it did since", async () => {
    const model = await create(place, { text: short, hiddenSize: 64 });
    for await (const { step } of model.train({ text: short, ...quick })) if (step >= 160) break;
    const { diagnosis } = await model.resume({ text: short });
    expect(diagnosis).toMatchObject({ kind: "too-early-to-tell" });
  });
});
