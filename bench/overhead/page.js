// Served beside dist/ with its meter.
import { TextModel } from "../dist/browser/index.js";
import { shareOutside } from "./share.js";

const text = await (await fetch("./text.txt")).text();
globalThis.share = (job) => shareOutside(TextModel, text, job);
