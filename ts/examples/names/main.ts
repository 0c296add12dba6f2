// A page that learns a list of names, shows how, and writes new ones in their manner.
import { loadCorpus, TextModel, type TrainStep } from "mynah";
import { find, onPress, perform } from "../page.js";

const HOW_MANY = 10;
/** No name is longer, in characters: a model that has learnt little might not come to an end. */
const LONGEST = 30;

const names = find("names", HTMLTextAreaElement);
const beginning = find("beginning", HTMLInputElement);
const temperature = find("temperature", HTMLInputElement);
const written = find("written", HTMLOListElement);

let model: TextModel | undefined;
let learnt: string[] = [];

async function learn(signal: AbortSignal): Promise<void> {
  await model?.dispose();
  model = undefined;
  find("writing", HTMLElement).hidden = true;
  learnt = names.value
    .split("\n")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  model = await TextModel.create({ documents: learnt, cell: "gru", hiddenSize: 128, signal });
  find("learning", HTMLElement).hidden = false;
  written.replaceChildren();
  const epochs = find("passes", HTMLInputElement).valueAsNumber;
  const steps: TrainStep[] = [];
  try {
    await model.train({
      documents: learnt,
      epochs,
      signal,
      onStep: (step) => {
        steps.push(step);
        show(steps, step);
      },
    });
  } finally {
    // Stopped, it writes as well as it has learnt to by then.
    find("writing", HTMLElement).hidden = steps.length === 0;
  }
}

function show(steps: readonly TrainStep[], { fractionDone, loss, remainingSeconds }: TrainStep): void {
  find("progress", HTMLProgressElement).value = fractionDone;
  const highest = Math.max(...steps.map((step) => step.loss));
  const line = (id: string, lossOf: (step: TrainStep) => number | undefined) => {
    const points = steps.flatMap((step) => {
      const value = lossOf(step);
      return value === undefined ? [] : [`${100 * step.fractionDone},${100 - 90 * (value / highest)}`];
    });
    find(id, SVGPolylineElement).setAttribute("points", points.join(" "));
  };
  line("loss", (step) => step.loss);
  line("held-out", (step) => step.validationLoss);
  const heldOut = steps.findLast((step) => step.validationLoss !== undefined)?.validationLoss;
  find("figures", HTMLElement).textContent =
    `Loss ${loss.toFixed(2)} nats a letter` +
    (heldOut === undefined ? "" : `, ${heldOut.toFixed(2)} on names held out (dashed)`) +
    (fractionDone === 1 ? "." : `; ${Math.ceil(remainingSeconds)} s to go.`);
}

async function write(signal: AbortSignal): Promise<void> {
  written.replaceChildren();
  const prompt = beginning.value.trim();
  const onlyNew = find("only-new", HTMLInputElement).checked;
  const endings = model?.sampleMany({
    count: HOW_MANY,
    prompt,
    // Nothing is no name.
    minLength: prompt === "" ? 1 : 0,
    length: LONGEST,
    temperature: temperature.valueAsNumber,
    ...(onlyNew ? { unique: true, notInCorpus: { documents: learnt } } : {}),
    signal,
  });
  for await (const ending of endings ?? []) {
    const item = document.createElement("li");
    item.textContent = prompt + ending;
    written.append(item);
  }
}

onPress("learn", learn);
onPress("write", write);
temperature.addEventListener("input", () => {
  find("degrees", HTMLOutputElement).value = temperature.value;
});

await perform(async () => {
  names.value ||= await loadCorpus("dinosaurs");
});
