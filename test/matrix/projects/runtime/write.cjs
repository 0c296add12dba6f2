// The same from CommonJS.
const { TextModel } = require("mynah");

const text = "the cat sat on the mat and the rat sat on the hat. ".repeat(40);

async function write() {
  const model = await TextModel.create({ text, hiddenSize: 32, embeddingSize: 16 });
  await model.train({ text, steps: 100, batchSize: 4, seqLength: 32 });
  const written = await model.sampleText({ length: 60, seed: 1 });
  const { build, hasWorker } = model;
  await model.dispose();
  console.log(JSON.stringify({ build, hasWorker, written }));
}

void write();
