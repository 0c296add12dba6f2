// A training that saves itself, in a process of its own for autosave.test.ts, which kills it, or gives it no room: it writes each save that
// is told as a line of JSON. Arguments: the file, and the options of the training as JSON.
import { readFile } from "node:fs/promises";
import { TextModel } from "mynah";

const [file = "", json = "{}"] = process.argv.slice(2);
const { create, train, everySeconds } = JSON.parse(json);
const model = await TextModel.create({ ...create, build: "simd128" });
const autosave = { file, everySeconds };
for await (const step of model.train({ ...train, autosave })) {
  if (step.autosave === undefined) continue;
  const { bytes, error } = step.autosave;
  console.log(JSON.stringify({ step: step.step, bytes, code: error?.code, message: error?.message }));
}
const isTheModel = Buffer.compare(await readFile(file), await model.save()) === 0;
console.log(JSON.stringify({ isTheModel }));
await model.dispose();
