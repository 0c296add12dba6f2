// What a Node process takes that reads a text and does nothing with it.
import { readFileSync } from "node:fs";
import { job } from "../lib/process.mjs";

const text = readFileSync(job().textFile, "utf8");
console.log(JSON.stringify({ symbols: text.length, peakMemory: process.resourceUsage().maxRSS * 1024 }));
