// The way from `import` to the first step, in this process. The text is read before: it is the user's.
import { readFileSync } from "node:fs";
import { job } from "../lib/process.mjs";

const { create, train, workers } = job();
const text = readFileSync(new URL("../../dist/corpora/fables.txt", import.meta.url), "utf8");
const begin = performance.now();
const { TextModel } = await import("../../dist/node/index.js");
const imported = performance.now() - begin;
const model = await TextModel.create({ text, ...create });
const created = performance.now() - begin;
for await (const { step } of model.train({ text, ...train, workers })) {
  const firstStep = performance.now() - begin;
  console.log(JSON.stringify({ imported, created, firstStep, step }));
  break;
}
await model.dispose();
