// The other side of curves.py: trains a model with mynah step by step and writes what the twin in PyTorch starts from and is compared with.
//
//   node bench/twin/curves.mjs TEXT --model '{"cell":"lstm","hiddenSize":256}' --out FOLDER
//   python bench/twin/curves.py TEXT --initial FOLDER/initial.safetensors --losses FOLDER/losses.jsonl
//
// TEXT is a file. --model has the options of TextModel.create; --steps (1000), --batch-size (32) and --seq-length (64) are to be
// repeated for curves.py where they are given. The rest of the recipe is fixed and curves.py's default; nothing random takes part.
// FOLDER gets initial.safetensors, the model before its first step, and losses.jsonl, one line per report of `train`: "step" and the
// mean "loss" over the steps since the line before. A report covers 50 ms of work, which is a single step of all but small models.
//
// Needs `npm run build`. The build is simd128, whose losses are the same bits on every machine.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { TextModel } from "../../dist/node/index.js";

/** What curves.py has for defaults. */
const RECIPE = {
  optimizer: "adamw",
  learningRate: 0.003,
  schedule: "cosine",
  warmupSteps: 100,
  clipNorm: 1,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  dropout: 0,
  weightDrop: 0,
  validation: 0.1,
};

const REPORT_EVERY = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    out: { type: "string" },
    steps: { type: "string", default: "1000" },
    "batch-size": { type: "string", default: "32" },
    "seq-length": { type: "string", default: "64" },
  },
});
const [file] = positionals;
if (file === undefined || values.model === undefined || values.out === undefined) {
  throw new Error("a text file, --model and --out are needed; see the head of this script");
}

const text = readFileSync(file, "utf8");
const steps = Number(values.steps);
const model = await TextModel.create({ ...JSON.parse(values.model), text, build: "simd128", worker: false });
mkdirSync(values.out, { recursive: true });
writeFileSync(path.join(values.out, "initial.safetensors"), await model.save());

const lines = [];
const training = model.train({
  ...RECIPE,
  text,
  steps,
  batchSize: Number(values["batch-size"]),
  seqLength: Number(values["seq-length"]),
  // Once, at the end: it changes no loss, and takes time.
  evaluateEvery: steps,
});
for await (const { step, loss, rollback } of training) {
  if (rollback !== undefined)
    throw new Error(`step ${rollback.step} was undone: its ${rollback.reason} was not finite`);
  lines.push(JSON.stringify({ step, loss }));
  if (step % REPORT_EVERY === 0) console.error(`step ${step}: ${loss.toFixed(4)}`);
}
await model.dispose();
writeFileSync(path.join(values.out, "losses.jsonl"), `${lines.join("\n")}\n`);
