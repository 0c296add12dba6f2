// Many texts written at once in a process of its own: the speed of all together, and the peak of the process's memory.
import { readFileSync } from "node:fs";
import { job } from "../lib/process.mjs";

/** Symbols of each text. */
const LENGTH = 200;

const { create, count, textFile, seconds } = job();
const { TextModel } = await import("../../dist/node/index.js");
const model = await TextModel.create({ text: readFileSync(textFile, "utf8"), ...create });

/** Writes so many texts, and returns their symbols. */
async function write(seed) {
  let symbols = 0;
  for await (const text of model.sampleMany({ count, length: LENGTH, seed })) symbols += text.length;
  return symbols;
}

await write(1);
const begin = performance.now();
const start = process.cpuUsage();
let symbols = 0;
for (let seed = 2; performance.now() - begin < seconds * 1000; seed++) symbols += await write(seed);
const { user, system } = process.cpuUsage(start);
const symbolsPerProcessorSecond = (symbols / (user + system)) * 1e6;
console.log(JSON.stringify({ symbolsPerProcessorSecond, peakMemory: process.resourceUsage().maxRSS * 1024 }));
await model.dispose();
