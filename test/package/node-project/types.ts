// A strict TypeScript project must be able to use every public name without further type packages.
import { corpora, MynahError, TextModel, type TrainStep } from "mynah";

export async function lossesOf(text: string, signal: AbortSignal): Promise<number[]> {
  await using model = await TextModel.create({ text, cell: "lstm", hiddenSize: 64 });
  const losses: number[] = [];
  try {
    for await (const step of model.train({ text, epochs: 1, signal })) losses.push(lossOf(step));
  } catch (error) {
    if (!(error instanceof MynahError)) throw error;
    const code: string = error.code;
    console.log(code, corpora.length);
  }
  // @ts-expect-error -- a misspelt option is an error of the compiler already
  await model.sampleText({ temprature: 1 });
  return losses;
}

const lossOf = (step: TrainStep): number => step.validationLoss ?? step.loss;
