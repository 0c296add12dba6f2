// A training on the file that is its argument, in a process of its own for long-file.test.ts: how much memory the process took at its peak.
import { TextModel } from "mynah";

const [file = ""] = process.argv.slice(2);
const text = { file };
const model = await TextModel.create({ text, hiddenSize: 16, embeddingSize: 8, build: "simd128" });
const { plan } = await model.train({
  text,
  batchSize: 4,
  seqLength: 16,
  steps: 20,
  workers: 1,
  validation: 0,
});
console.log(
  JSON.stringify({
    symbols: plan.trainTokens + plan.validationTokens,
    /** In bytes. */
    peak: process.resourceUsage().maxRSS * 1024,
  }),
);
await model.dispose();
