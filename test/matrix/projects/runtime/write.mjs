// What a user of a runtime without pages writes first.
import { TextModel } from "mynah";

const text = "the cat sat on the mat and the rat sat on the hat. ".repeat(40);
const model = await TextModel.create({ text, hiddenSize: 32, embeddingSize: 16 });
await model.train({ text, steps: 100, batchSize: 4, seqLength: 32 });
const file = await model.save();
const { build, hasWorker } = model;
await model.dispose();

const again = await TextModel.load(file);
const written = await again.sampleText({ length: 60, seed: 1 });
await again.dispose();
console.log(JSON.stringify({ build, hasWorker, written }));
