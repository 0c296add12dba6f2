// One training in a process of its own: its speed after the warm-up, and the peak of the process's memory.
import { readFileSync } from "node:fs";
import { BARE_TRAINING } from "../lib/bare-training.mjs";
import { allowRelaxedSimd } from "../lib/measure.mjs";
import { job } from "../lib/process.mjs";

/** Steps before the clock starts. */
const WARM_UP_STEPS = 3;

const { create, train, textFile, isReadInPieces = false, seconds } = job();
allowRelaxedSimd();
const text = isReadInPieces ? { file: textFile } : readFileSync(textFile, "utf8");
const begin = performance.now();
const { TextModel } = await import("../../dist/node/index.js");
const model = await TextModel.create({ text, ...create });
let from;
for await (const { tokens, step } of model.train({
  text,
  ...BARE_TRAINING,
  steps: 1_000_000,
  ...train,
})) {
  const now = performance.now();
  if (from === undefined && step >= WARM_UP_STEPS) {
    from = { tokens, step, now, opened: now - begin, processor: process.cpuUsage() };
  }
  if (from === undefined || now - from.now < seconds * 1000 || step === from.step) continue;
  const span = (now - from.now) / 1000;
  const { user, system } = process.cpuUsage(from.processor);
  console.log(
    JSON.stringify({
      symbolsPerSecond: (tokens - from.tokens) / span,
      /** Of all threads together. */
      symbolsPerProcessorSecond: ((tokens - from.tokens) / (user + system)) * 1e6,
      steps: step - from.step,
      symbols: tokens - from.tokens,
      /** From the import until the warm-up was over. */
      opened: from.opened,
      parameters: model.info.parameters,
      build: model.build,
      peakMemory: process.resourceUsage().maxRSS * 1024,
    }),
  );
  break;
}
await model.dispose();
