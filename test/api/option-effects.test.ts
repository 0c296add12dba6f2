// Every option of a model, of a training and of a sample does something: with it, something comes out that does not come out without it.
import { describe, expect, it } from "vitest";
import {
  TextModel,
  type ModelOptions,
  type Preset,
  type PresetOption,
  type SampleManySettings,
  type TokenizerOptions,
  type TrainSettings,
} from "mynah";
import { optionsOf } from "../../ts/src/options/table.js";
import { failure } from "./errors.js";
import { quick, small, text } from "./models.js";

// What a text is, where the work runs, and what stops it: these have tests of their own.
const ELSEWHERE = ["text", "corpus", "documents", "conditions", "worker", "build", "signal"];
// Of a run, not of what it comes to: training-run.test.ts, live-samples.test.ts and autosave.test.ts have these.
const RUN = ["autosave", "dutyCycle", "onStep", "samples"];
const CONDITIONS = ["conditionSize", "conditionMode"];

/** A change of one option, and what has to be set for it to have a meaning. */
interface Change<Options> {
  readonly option: keyof Options;
  readonly with: Partial<Options>;
  readonly on?: Partial<Options>;
}

const model: readonly Change<ModelOptions & TokenizerOptions & { text: string }>[] = [
  { option: "cell", with: { cell: "gru" } },
  { option: "cell", with: { cell: "min-gru" } },
  { option: "cell", with: { cell: "min-lstm" } },
  { option: "cell", with: { cell: "transformer" } },
  { option: "activation", with: { activation: "relu" }, on: { cell: "rnn" } },
  { option: "resetAfter", with: { resetAfter: false }, on: { cell: "gru" } },
  { option: "hiddenSize", with: { hiddenSize: 16 } },
  { option: "hiddenSize", with: { hiddenSize: [16, 8] }, on: { numLayers: 2 } },
  { option: "numLayers", with: { numLayers: 2 } },
  { option: "embeddingSize", with: { embeddingSize: 7 } },
  { option: "residual", with: { residual: true }, on: { numLayers: 2 } },
  { option: "layerNorm", with: { layerNorm: true } },
  { option: "block", with: { block: true } },
  { option: "expansion", with: { expansion: 2 }, on: { block: true } },
  { option: "mlpFactor", with: { mlpFactor: 3 }, on: { block: true } },
  { option: "numHeads", with: { numHeads: 2 }, on: { cell: "transformer" } },
  { option: "contextLength", with: { contextLength: 16 }, on: { cell: "transformer" } },
  { option: "tieWeights", with: { tieWeights: true } },
  { option: "projectionSize", with: { projectionSize: 6 } },
  { option: "bidirectional", with: { bidirectional: true } },
  { option: "zoneout", with: { zoneout: 0.3 } },
  { option: "zoneoutCell", with: { zoneoutCell: 0.3 }, on: { cell: "lstm" } },
  { option: "trainInitialState", with: { trainInitialState: true } },
  { option: "initialization", with: { initialization: "uniform" } },
  { option: "seed", with: { seed: 2 } },
  { option: "tokenizer", with: { tokenizer: "graphemes" }, on: { text: `${text}e\u0301` } },
  { option: "tokenizer", with: { tokenizer: "words" } },
  { option: "tokenizer", with: { tokenizer: "bytes" } },
  { option: "tokenizer", with: { tokenizer: "bpe" } },
  { option: "vocabularySize", with: { vocabularySize: 260 }, on: { tokenizer: "bpe" } },
  { option: "normalization", with: { normalization: "NFKC" }, on: { text: `${text}ﬁ` } },
  { option: "caseFolding", with: { caseFolding: true }, on: { text: `${text}ABC` } },
];

// At such a rate the held-out loss soon rises.
const WILD = { learningRate: 0.5, evaluateEvery: 1, clipNorm: 0, warmupSteps: 0 } as const;

const training: readonly Change<TrainSettings & PresetOption>[] = [
  { option: "preset", with: { preset: "best" }, on: { steps: undefined } },
  { option: "batchSize", with: { batchSize: 3 } },
  { option: "seqLength", with: { seqLength: 12 } },
  { option: "epochs", with: { epochs: 0.5 }, on: { steps: undefined } },
  { option: "steps", with: { steps: 11 } },
  { option: "seconds", with: { seconds: 0.05 }, on: { steps: undefined } },
  { option: "learningRate", with: { learningRate: 0.02 } },
  { option: "schedule", with: { schedule: "constant" } },
  { option: "schedule", with: { schedule: "one-cycle" }, on: { warmupSteps: undefined } },
  { option: "schedule", with: { schedule: "step" } },
  { option: "schedule", with: { schedule: "plateau" }, on: WILD },
  { option: "warmupSteps", with: { warmupSteps: 2 } },
  { option: "decayFactor", with: { decayFactor: 0.1 }, on: { schedule: "step", decayEvery: 0.1 } },
  { option: "decayEvery", with: { decayEvery: 0.1 }, on: { schedule: "step" } },
  {
    option: "patience",
    with: { patience: 1 },
    on: { ...WILD, schedule: "plateau" },
  },
  { option: "optimizer", with: { optimizer: "adam" } },
  { option: "optimizer", with: { optimizer: "rmsprop" } },
  { option: "optimizer", with: { optimizer: "sgd" } },
  { option: "optimizer", with: { optimizer: "adamw" } },
  { option: "weightDecay", with: { weightDecay: 0.5 } },
  { option: "momentum", with: { momentum: 0.5 }, on: { optimizer: "sgd" } },
  { option: "momentum", with: { momentum: 0.5 }, on: { optimizer: "rmsprop" } },
  { option: "momentum", with: { momentum: 0.5 }, on: { optimizer: "muon" } },
  { option: "beta1", with: { beta1: 0.5 } },
  { option: "beta2", with: { beta2: 0.5 } },
  { option: "epsilon", with: { epsilon: 0.1 } },
  { option: "clipNorm", with: { clipNorm: 0.1 } },
  { option: "clipValue", with: { clipValue: 0.001 } },
  { option: "dropout", with: { dropout: 0.1 } },
  { option: "weightDrop", with: { weightDrop: 0.1 } },
  { option: "averageDecay", with: { averageDecay: 0.9 } },
  { option: "validation", with: { validation: 0.3 } },
  { option: "keepBest", with: { keepBest: true }, on: WILD },
  { option: "workers", with: { workers: 2 } },
  { option: "seed", with: { seed: 2 }, on: { dropout: 0.3 } },
];

const writing: readonly Change<SampleManySettings>[] = [
  { option: "prompt", with: { prompt: "the ow" } },
  { option: "length", with: { length: 30 } },
  { option: "minLength", with: { minLength: 40 }, on: { stop: "e" } },
  { option: "temperature", with: { temperature: 0 } },
  { option: "topK", with: { topK: 3 } },
  { option: "typicalP", with: { typicalP: 0.5 } },
  { option: "topP", with: { topP: 0.5 } },
  { option: "minP", with: { minP: 0.5 } },
  { option: "repetitionPenalty", with: { repetitionPenalty: 2 } },
  { option: "presencePenalty", with: { presencePenalty: 2 } },
  { option: "frequencyPenalty", with: { frequencyPenalty: 2 } },
  { option: "repeatLastN", with: { repeatLastN: 3 }, on: { presencePenalty: 2 } },
  { option: "noRepeatNgram", with: { noRepeatNgram: 2 } },
  { option: "logitBias", with: { logitBias: { e: -3 } } },
  { option: "banned", with: { banned: "e" } },
  { option: "allowedPattern", with: { allowedPattern: "[a-z]*" } },
  { option: "stop", with: { stop: "e" } },
  { option: "stop", with: { stop: ["e", "t"] } },
  { option: "seed", with: { seed: 2 } },
  { option: "quantize", with: { quantize: "int8", length: 400 }, on: { length: 400 } },
  { option: "beamWidth", with: { beamWidth: 4, temperature: undefined } },
  {
    option: "lengthPenalty",
    with: { lengthPenalty: 4 },
    on: { beamWidth: 8, temperature: undefined, stop: "e" },
  },
  { option: "count", with: { count: 9 } },
  { option: "unique", with: { unique: true }, on: { length: 1, count: 9 } },
  { option: "notInCorpus", with: { notInCorpus: { text: "the cat" } }, on: { length: 1, count: 9 } },
];

/** What comes of a training: all bytes, and how well the model foresees a text. */
async function outcome(
  options: Partial<ModelOptions & TokenizerOptions & { text: string }>,
  settings: Partial<TrainSettings & PresetOption>,
) {
  const place = { worker: false, build: "simd128" } as const;
  // Blocks and transformers have no embedding of their own size.
  const { embeddingSize: _, ...sizes } = small;
  const made = await TextModel.create({ text, ...sizes, ...options, ...place });
  try {
    // Without the weights of the best validation in the place of the last ones, to which most options still do something.
    const { loss } = await made.train({ text, ...quick, steps: 10, keepBest: false, ...settings });
    const { loss: after } = await made.evaluate({ text: text.slice(0, 100) });
    return { tensors: made.info.tensors, file: await made.save(), loss, after };
  } finally {
    await made.dispose();
  }
}

describe("an option of the model", () => {
  it.each(model)("$with on $on", async ({ with: change, on = {} }) => {
    const [plain, changed] = [await outcome(on, {}), await outcome({ ...on, ...change }, {})];
    // Not the bytes, in which the option itself is written down.
    expect(changed.after).not.toBe(plain.after);
  });

  it("preset: a larger model, where the text is long enough for one", async () => {
    const sizeOf = async (preset: Preset) => {
      const options = { text: text.repeat(50), preset, worker: false } as const;
      await using made = await TextModel.create(options);
      return Number(made.info.hiddenSize);
    };
    const [quickly = NaN, best = NaN] = [await sizeOf("quick"), await sizeOf("best")];
    expect(best).toBeGreaterThan(quickly);
  });

  it("is in the table above", () => {
    const names = Object.keys(optionsOf("create")).filter(
      (name) => ![...ELSEWHERE, ...CONDITIONS, "preset"].includes(name),
    );
    expect(new Set(model.map(({ option }) => option))).toEqual(new Set(names));
  });
});

describe("an option of the training", () => {
  it.each(training)("$with on $on", async ({ with: change, on = {} }) => {
    const settings = { ...on, ...change };
    const { steps: _, ...others } = on;
    const [plain, changed] = [await outcome({}, others), await outcome({}, settings)];
    expect(changed.after).not.toBe(plain.after);
  });

  it("evaluateEvery: as many validations as it says", async () => {
    await using made = await TextModel.create({ text, ...small, worker: false, build: "simd128" });
    const validated: number[] = [];
    for await (const step of made.train({ text, ...quick, steps: 9, evaluateEvery: 4 })) {
      if (step.validationLoss !== undefined) validated.push(step.step);
    }
    expect(validated).toEqual([4, 8, 9]);
  });

  it("earlyStopping: fewer steps, and the best weights", async () => {
    await using made = await TextModel.create({ text, ...small, worker: false, build: "simd128" });
    const result = await made.train({ text, ...quick, ...WILD, steps: 100, earlyStopping: 2 });
    expect(result.stoppedEarly).toBe(true);
    expect(result.steps).toBeLessThan(100);
    expect(result.bestStep).toBe(result.steps - 2);
  });

  it("is in the table above", () => {
    const names = Object.keys(optionsOf("train")).filter(
      (name) => ![...ELSEWHERE, ...RUN, "evaluateEvery", "earlyStopping"].includes(name),
    );
    expect(new Set(training.map(({ option }) => option))).toEqual(new Set(names));
  });
});

describe("an option of the sample", () => {
  const write = async (settings: Partial<SampleManySettings>) => {
    await using made = await TextModel.create({ text, ...small, worker: false, build: "simd128" });
    const texts: string[] = [];
    const sample = made.sampleMany({ length: 60, count: 3, seed: 1, temperature: 1, ...settings });
    for await (const written of sample) texts.push(written);
    return texts;
  };

  it.each(writing)("$with on $on", async ({ with: change, on = {} }) => {
    expect(await write({ ...on, ...change })).not.toEqual(await write(on));
  });

  it("unknown: a prompt with what the model lacks is read, or refused", async () => {
    const prompt = "the §";
    expect(await write({ prompt, unknown: "bytes" })).toEqual(await write({ prompt }));
    await failure(write({ prompt, unknown: "error" }), "unknown-symbol", "§");
  });

  it("is in the table above", () => {
    const names = Object.keys(optionsOf("sampleMany")).filter(
      (name) => !["condition", "signal", "unknown"].includes(name),
    );
    expect(new Set(writing.map(({ option }) => option))).toEqual(new Set(names));
  });
});
