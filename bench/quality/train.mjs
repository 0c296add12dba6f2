// Trains one model of one work, in a process of its own, and says how well it foresees what it has not seen.
//
//   node bench/quality/train.mjs '{"work":"tiny-shakespeare","model":{"cell":"gru"},"training":{"epochs":2},"seed":1}'
//
// The model gets what is learnt and nothing else: nothing of the held-out part decides how long it trains or which weights are
// kept. `points` readings of it on the way make the curve; the clock stands still meanwhile. The last reading is `exact`, or like
// those. With `out` the model's file is kept. Prints one JSON object per reading, and a last one with `done`.
import fs from "node:fs";
import { TextModel } from "../../dist/node/index.js";
import { job } from "../lib/process.mjs";
import { readWork } from "./works.mjs";

/** Of a text, in parts side by side: ten times as fast as an exact reading, and the same to 0.001. */
const STREAMS = 32;
const WINDOWS = [64, 256];

/** @type {{ work: string, model?: object, training?: object, seed?: number, points?: number, exact?: boolean, out?: string }} */
const { work, model: architecture = {}, training = {}, seed = 1, points = 20, exact = true, out } = job();

const parts = readWork(work);
if (parts === undefined) throw new Error(`the text of ${work} is not at hand`);
const { learnt, heldOut } = parts;
// The first symbol of a text is only read.
const foreseen =
  heldOut.text === undefined ? heldOut : { text: [...(learnt.text ?? "")].at(-1) + heldOut.text };
const inParts = foreseen.text === undefined ? foreseen : { ...foreseen, streams: STREAMS };

const model = await TextModel.create({ ...architecture, ...learnt, seed });
let seconds = 0;
let clock = performance.now();
let nextPoint = 1 / points;
let last;
const say = (line) => console.log(JSON.stringify(line));
const run = model.train({ validation: 0, ...training, ...learnt, seed });
for await (const step of run) {
  seconds += (performance.now() - clock) / 1000;
  last = step;
  if (step.fractionDone >= nextPoint && step.fractionDone < 1) {
    await run.pause();
    const { loss } = await model.evaluate(inParts);
    // Of a text also in windows of 64, as nanoGPT's recipe is measured.
    const zero =
      foreseen.text === undefined
        ? undefined
        : (await model.evaluate({ ...foreseen, window: WINDOWS[0] })).loss;
    say({ tokens: step.tokens, epoch: step.epoch, seconds, trained: step.loss, loss, zero });
    nextPoint = Math.ceil(step.fractionDone * points + 1e-9) / points;
    run.resume();
  }
  clock = performance.now();
}
const { loss, bitsPerByte, accuracy } = await model.evaluate(exact ? foreseen : inParts);
const windows = {};
if (foreseen.text !== undefined) {
  for (const window of WINDOWS) windows[window] = (await model.evaluate({ ...foreseen, window })).loss;
}
if (out !== undefined) fs.writeFileSync(out, await model.save());
const { build, info } = model;
const { tokens, epoch, loss: trained } = last;
say({
  done: true,
  parameters: info.parameters,
  build,
  tokens,
  epoch,
  seconds,
  trained,
  loss,
  bitsPerByte,
  accuracy,
  windows,
  zero: windows[WINDOWS[0]],
});
await model.dispose();
