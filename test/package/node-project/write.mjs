// What a Node user writes first.
import { TextModel } from "mynah";

const text = "the cat sat on the mat and the rat sat on the hat. ".repeat(40);
const model = await TextModel.create({ text, hiddenSize: 32, embeddingSize: 16 });
let first;
let last;
for await (const step of model.train({ text, steps: 100, batchSize: 4, seqLength: 32 })) {
  first ??= step.loss;
  last = step.loss;
}
const file = await model.save();
await model.dispose();

const again = await TextModel.load(file);
const written = await again.sampleText({ prompt: "the ", length: 40, seed: 1 });
await again.dispose();
console.log(JSON.stringify({ first, last, bytes: file.length, written }));
