// An editor that learns the manner of a text, suggests the next words in grey, and writes on when it is asked to.
import { listModels, loadModel, removeModel, saveModel, TextModel, type Session } from "mynah";
import { explain, find, onPress, perform } from "../page.js";

/** Under which the browser keeps the model, and the text. */
const NAME = "co-writer";
/** How many characters before the end are read where the text was changed elsewhere. */
const CONTEXT = 500;
const MOST_WORDS = 3;
/** What is less likely is not worth a look. */
const LEAST_PROBABILITY = 0.03;

const text = find("text", HTMLTextAreaElement);
const suggested = find("suggested", HTMLElement);
const figures = find("figures", HTMLElement);

let model: TextModel | undefined;
/** The text as far as the model has read it. */
let session: Session | undefined;
let read = "";
/** The suggestion under way, and what ends it. */
let suggesting: Promise<unknown> = Promise.resolve();
let stopSuggesting = new AbortController();

async function use(next: TextModel | undefined): Promise<void> {
  await quiet();
  await model?.dispose();
  [model, session] = [next, undefined];
  find("writing", HTMLElement).hidden = next === undefined;
}

async function learn(signal: AbortSignal): Promise<void> {
  const [file] = find("file", HTMLInputElement).files ?? [];
  const source = file === undefined ? { corpus: "fables" as const } : { text: file };
  const seconds = find("seconds", HTMLInputElement).valueAsNumber;
  const progress = find("progress", HTMLProgressElement);
  const learner = await TextModel.create({ ...source, signal });
  try {
    progress.hidden = false;
    // Leaving the loop stops the training, and the model keeps what it has learnt.
    for await (const { fractionDone, accuracy = 0 } of learner.train({ ...source, seconds })) {
      progress.value = fractionDone;
      figures.textContent = `The model foresees ${Math.round(100 * accuracy)} of 100 letters.`;
      if (signal.aborted) break;
    }
    await use(learner);
  } catch (error) {
    await learner.dispose();
    throw error;
  } finally {
    progress.hidden = true;
  }
  suggest();
  await saveModel(NAME, learner);
}

/** The session, once it has read what stands in the field: no more than was added, where the rest is as it was. */
async function sessionAtEnd(): Promise<Session | undefined> {
  const now = text.value;
  if (session === undefined || !now.startsWith(read)) {
    await session?.dispose();
    session = await model?.session();
    read = now.slice(0, -CONTEXT);
  }
  await session?.feed(now.slice(read.length));
  read = now;
  return session;
}

/** Ends the suggestion under way, and takes back the one that is shown. */
async function quiet(): Promise<void> {
  stopSuggesting.abort();
  show("");
  await suggesting;
}

/** Suggests what may come next, unless somebody types before it is found. */
function suggest(): void {
  const before = quiet();
  stopSuggesting = new AbortController();
  const { signal } = stopSuggesting;
  suggesting = before
    .then(async () => {
      if (signal.aborted || text.selectionEnd < text.value.length) return;
      const words = await nextWords(signal);
      if (!signal.aborted) show(words);
    })
    .catch((error: unknown) => signal.aborted || explain(error));
}

/** The rest of the word and the words after it, as long as the model is fairly sure of each. */
async function nextWords(signal: AbortSignal): Promise<string> {
  const ahead = await (await sessionAtEnd())?.fork();
  if (ahead === undefined) return "";
  let found = "";
  try {
    for (let words = 0; words < MOST_WORDS;) {
      let [next] = await ahead.suggest({ unit: "symbol", n: 1, signal });
      const isInWord = !/^[\s\p{P}]/u.test(next?.text ?? "");
      if (isInWord) [next] = await ahead.suggest({ n: 1, signal });
      if (next === undefined || next.probability < LEAST_PROBABILITY) break;
      await ahead.feed(next.text);
      found += next.text;
      if (isInWord) words++;
    }
  } finally {
    await ahead.dispose();
  }
  return found.trimEnd();
}

function show(words: string): void {
  find("before", HTMLElement).textContent = text.value;
  suggested.textContent = words;
  find("take", HTMLButtonElement).hidden = words === "";
}

function append(words: string): void {
  text.setRangeText(words, text.value.length, text.value.length, "end");
  keepText();
  show("");
}

function keepText(): void {
  try {
    localStorage.setItem(NAME, text.value);
  } catch {
    // Where nothing may be kept, or no more, one can write all the same.
  }
}

function keptText(): string {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function take(): void {
  append(suggested.textContent);
  text.focus();
  suggest();
}

async function goOn(signal: AbortSignal): Promise<void> {
  await quiet();
  text.readOnly = true;
  try {
    const here = await sessionAtEnd();
    for await (const piece of here?.sample({ length: 300, signal }) ?? []) {
      append(piece);
      read += piece; // which the session has written itself
    }
  } finally {
    text.readOnly = false;
    suggest();
  }
}

async function forget(): Promise<void> {
  await removeModel(NAME);
  await use(undefined);
  figures.textContent = "Forgotten.";
}

text.addEventListener("input", () => {
  keepText();
  suggest();
});
text.addEventListener("keydown", (event) => {
  if (suggested.textContent === "" || event.isComposing) return;
  if (event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    take();
  } else if (event.key === "Escape") {
    show("");
  }
});
document.addEventListener("selectionchange", () => {
  if (text.selectionEnd < text.value.length) show("");
});
find("take", HTMLButtonElement).addEventListener("click", take);
onPress("learn", learn);
onPress("go-on", goOn);
onPress("forget", forget);

text.value = keptText();
await perform(async (signal) => {
  const kept = (await listModels()).find(({ name }) => name === NAME);
  if (kept === undefined) return;
  await use(await loadModel(NAME, { signal }));
  const when = kept.savedAt.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  figures.textContent = `The model that your browser keeps since ${when} is there again.`;
  suggest();
});
