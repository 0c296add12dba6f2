// A job for Node that learns a list of names and writes new ones: no two are alike, and none is in the list.
//
//   npm run example -- unique-names                     # to the terminal
//   npm run example -- unique-names --out names.txt     # to a file
//   npm run example -- unique-names --names my-list.txt --count 200 --epochs 10 --temperature 0.9 --seed 7
import { createWriteStream } from "node:fs";
import { access, constants, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { loadCorpus, MynahError, TextModel } from "mynah";
import { readOptions, showLearning } from "../terminal.mjs";

const { names, out, epochs, seed, ...options } = readOptions({
  names: { help: "a list with a name on each line, instead of the dinosaurs" },
  out: { help: "where the names are written, instead of the terminal" },
  count: { whole: [1, 100_000], default: 1000, help: "how many names to write" },
  epochs: { number: [0.01, 100_000], help: "passes over the list, instead of as many as suit its length" },
  temperature: { number: [0, 100], default: 0.8, help: "how daring: 0 is always the likeliest letter" },
  seed: { whole: [0, Number.MAX_SAFE_INTEGER], default: 1, help: "the same one writes the same names" },
});

/** No name is cut off: the longest of the dinosaurs' has 23 letters. */
const LONGEST = 60;

const stopping = new AbortController();
const { signal } = stopping;
process.once("SIGINT", () => stopping.abort());

async function readNames() {
  const list = names === undefined ? await loadCorpus("dinosaurs") : await readFile(names, "utf8");
  const trimmed = list.split("\n").map((name) => name.trim());
  return trimmed.filter((name) => name !== "");
}

/** A place where nothing can be written is told before the work, not after it; nothing is made or changed there yet. */
async function checkOut() {
  if (out === undefined) return;
  const there = await stat(out).catch(() => undefined);
  if (there?.isDirectory()) throw new Error(`--out is "${out}", which is a folder`);
  await access(there === undefined ? path.dirname(out) : out, constants.W_OK);
}

/**
 * A model that begins and ends names as the list does. What is left unset follows from the length of the list.
 *
 * @param {string[]} documents
 */
async function learn(documents) {
  const model = await TextModel.create({ documents, seed, signal });
  try {
    for await (const step of model.train({ documents, epochs, seed, signal })) showLearning(step);
    return model;
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/**
 * The names as lines. They are written side by side, and each is handed out when it is whole and known to be new.
 *
 * @param {TextModel} model
 * @param {string[]} documents
 */
async function* lines(model, documents) {
  const novelty = { unique: true, notInCorpus: { documents } };
  const found = model.sampleMany({ ...options, ...novelty, seed, minLength: 2, length: LONGEST, signal });
  let written = 0;
  try {
    for await (const name of found) {
      yield `${name}\n`;
      written++;
    }
  } catch (error) {
    // Ctrl-C, or too few that are new: what there is stays, and the exit code tells.
    if (signal.aborted) process.exitCode = 130;
    else if (error instanceof MynahError && error.code === "no-new-text") {
      console.error(error.message);
      process.exitCode = 1;
    } else throw error;
  }
  console.error(
    `${written} of ${options.count} names, all different, none of the ${documents.length} that were learnt`,
  );
}

async function main() {
  const documents = await readNames();
  await checkOut();
  const model = await learn(documents);
  try {
    const others = lines(model, documents);
    // What is in the file stays until there is a name for it.
    const first = await others.next();
    if (first.done === true) return;
    const all = async function* () {
      yield first.value;
      yield* others;
    };
    const goal = out === undefined ? process.stdout : createWriteStream(out);
    await pipeline(all, goal, { end: out !== undefined });
  } finally {
    await model.dispose();
  }
}

main().catch((error) => {
  // Whoever reads the names, `head` for one, has enough of them.
  if (error.code === "EPIPE") return;
  console.error(signal.aborted ? "\nstopped before the first name" : error.message);
  process.exitCode = signal.aborted ? 130 : 1;
});
