// A page that opens a model which PyTorch trained, writes with it, and trains it further.
import { MynahError, TextModel } from "mynah";
import { find, onPress, perform } from "../page.js";

/** A model that has learnt already is not to forget it: small steps, nothing dropped. */
const GENTLY = { learningRate: 0.001, dropout: 0, weightDrop: 0 };

const SMALL = [
  new URL("./small/weights.safetensors", import.meta.url),
  new URL("./small/alphabet.txt", import.meta.url),
];

const temperature = find("temperature", HTMLInputElement);
const continuation = find("continuation", HTMLElement);
const save = find("save", HTMLAnchorElement);

let model: TextModel | undefined;

const chosen = (id: string) => find(id, HTMLInputElement).files?.[0];

/** The model of a file by mynah, which has its alphabet in it; undefined of any other. */
async function loadOwn(weights: Blob, signal: AbortSignal): Promise<TextModel | undefined> {
  try {
    return await TextModel.load(await weights.arrayBuffer(), { signal });
  } catch (error) {
    if (error instanceof MynahError && error.code === "bad-model-file") return undefined;
    throw error;
  }
}

/** The model of a file by PyTorch, which says nothing of the characters that its rows stand for. */
async function loadForeign(
  weights: Blob,
  alphabet: Blob | undefined,
  signal: AbortSignal,
): Promise<TextModel> {
  const symbols = await alphabet?.text();
  try {
    return await TextModel.load(await weights.arrayBuffer(), { symbols, signal });
  } catch (error) {
    if (!(error instanceof MynahError)) throw error;
    const { code, message } = error;
    if (code === "invalid-option")
      throw new MynahError(code, `The alphabet does not belong to these weights: ${message}.`);
    if (alphabet === undefined)
      throw new MynahError(code, `${message}. If PyTorch wrote it, choose its alphabet, too.`);
    throw error;
  }
}

async function open(signal: AbortSignal): Promise<void> {
  const weights = chosen("weights");
  if (weights !== undefined) await use(weights, chosen("alphabet"), signal);
}

/** Two files by `train.py`, for whoever has none of their own. */
async function openSmall(signal: AbortSignal): Promise<void> {
  const [weights, alphabet] = await Promise.all(
    SMALL.map(async (url) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`${url.pathname} is not there`);
      return response.blob();
    }),
  );
  if (weights !== undefined) await use(weights, alphabet, signal);
}

async function use(weights: Blob, alphabet: Blob | undefined, signal: AbortSignal): Promise<void> {
  const own = await loadOwn(weights, signal);
  const next = own ?? (await loadForeign(weights, alphabet, signal));
  await model?.dispose();
  model = next;
  const { cell, numLayers, hiddenSize, parameters, vocabularySize } = model.info;
  find("model", HTMLElement).textContent =
    `${cell.toUpperCase()}, layers: ${numLayers}, units: ${String(hiddenSize)}, symbols: ${vocabularySize}, ` +
    `${parameters.toLocaleString("en")} parameters.` +
    (own === undefined ? "" : " The file is by mynah and has its alphabet in it; no other is read.");
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
onPress("open-small", openSmall);
onPress("write", write);
onPress("train", train);

// Only now do the buttons do something.
await perform(async () => {});
