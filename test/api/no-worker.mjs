// Trains two models and looks for an overlap, in the place that it is given, and prints what came of each.
import { overlap, TextModel } from "mynah";

const place = JSON.parse(process.argv[2] ?? "{}");
const text = "the cat sat on the mat. ".repeat(20);

async function train() {
  const model = await TextModel.create({ text, hiddenSize: 8, ...place });
  const { steps } = await model.train({ text, steps: 2, batchSize: 2, seqLength: 8 });
  return { hasWorker: model.hasWorker, steps };
}

const look = async () => ({
  runs: (await overlap("a mat that sat", text, { minLength: 4, ...place })).runs.length,
});

const results = [];
for (const work of [train, train, look])
  results.push(await work().catch(({ code, message }) => code ?? message));
console.log(JSON.stringify(results));
