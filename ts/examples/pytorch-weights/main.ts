// A page that opens a model which PyTorch trained, writes with it, and trains it further.
import { TextModel } from "mynah";
import { find, onPress, perform } from "../page.js";

/** A model that has learnt already is not to forget it: small steps, nothing dropped. */
const GENTLY = { learningRate: 0.001, dropout: 0, weightDrop: 0 };

const temperature = find("temperature", HTMLInputElement);
const continuation = find("continuation", HTMLElement);
const save = find("save", HTMLAnchorElement);

let model: TextModel | undefined;

/** The file that was chosen; where none was, the browser says so beside the field. */
function chosen(id: string): File | undefined {
  const input = find(id, HTMLInputElement);
  input.reportValidity();
  return input.files?.[0];
}

async function open(signal: AbortSignal): Promise<void> {
  const [weights, alphabet] = [chosen("weights"), chosen("alphabet")];
  if (weights === undefined || alphabet === undefined) return;
  // PyTorch's file says nothing of the characters that its rows stand for.
  const symbols = await alphabet.text();
  const next = await TextModel.load(await weights.arrayBuffer(), { symbols, signal });
  await model?.dispose();
  model = next;
  const { cell, numLayers, hiddenSize, parameters, vocabularySize } = model.info;
  find("model", HTMLElement).textContent =
    `${cell.toUpperCase()}, layers: ${numLayers}, units: ${String(hiddenSize)}, symbols: ${vocabularySize}, ` +
    `${parameters.toLocaleString("en")} parameters.`;
  continuation.textContent = "";
  find("writing", HTMLElement).hidden = false;
  save.hidden = true;
}

async function write(signal: AbortSignal): Promise<void> {
  const prompt = find("prompt", HTMLInputElement).value;
  find("prompt-read", HTMLElement).textContent = prompt;
  continuation.textContent = "";
  const length = find("length", HTMLInputElement).valueAsNumber;
  const pieces = model?.sample({ prompt, length, temperature: temperature.valueAsNumber, signal });
  for await (const piece of pieces ?? []) continuation.append(piece);
}

async function train(signal: AbortSignal): Promise<void> {
  const text = chosen("text");
  if (model === undefined || text === undefined) return;
  const seconds = find("seconds", HTMLInputElement).valueAsNumber;
  const before = await model.evaluate({ text, signal });
  // Leaving the loop stops the training, and the model keeps what it has learnt.
  for await (const { fractionDone } of model.train({ text, seconds, ...GENTLY })) {
    find("progress", HTMLProgressElement).value = fractionDone;
    if (signal.aborted) break;
  }
  const after = await model.evaluate({ text });
  find("figures", HTMLElement).textContent =
    `Loss on this text: ${before.loss.toFixed(3)} nats a character before, ${after.loss.toFixed(3)} now.`;
  offerFile(await model.save());
}

/** A file of mynah's has PyTorch's names and layouts, so PyTorch reads it back. */
function offerFile(file: Uint8Array<ArrayBuffer>): void {
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([file]));
  save.hidden = false;
}

temperature.addEventListener("input", () => {
  find("degrees", HTMLOutputElement).value = temperature.value;
});
onPress("open", open);
onPress("write", write);
onPress("train", train);

// Only now do the buttons do something.
await perform(async () => {});
