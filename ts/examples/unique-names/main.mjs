// A job for Node that learns a list of names and writes new ones: no two are alike, and none is in the list.
//
//   npm run example -- unique-names                     # to the terminal
//   npm run example -- unique-names --out names.txt     # to a file
//   npm run example -- unique-names --names my-list.txt --count 200 --epochs 10 --temperature 0.9 --seed 7
import { open, readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { loadCorpus, MynahError, TextModel } from "mynah";

/** No name is cut off: the longest of the dinosaurs' has 23 letters. */
const LONGEST = 60;

const stopping = new AbortController();
const { signal } = stopping;
process.once("SIGINT", () => stopping.abort());

function readOptions() {
  const { values } = parseArgs({
    options: {
      names: { type: "string" },
      out: { type: "string" },
      count: { type: "string", default: "1000" },
      epochs: { type: "string" },
      temperature: { type: "string", default: "0.8" },
      seed: { type: "string", default: "1" },
    },
  });
  const { names, out, epochs } = values;
  return {
    names,
    out,
    epochs: epochs === undefined ? undefined : number("epochs", epochs),
    count: number("count", values.count, [1, 100_000]),
    temperature: number("temperature", values.temperature, [0, 100]),
    seed: number("seed", values.seed),
  };
}

/**
 * What is wrong is told before the work: what is no number, and out of range what mynah would only refuse when it has learnt.
 *
 * @param {string} name
 * @param {string} value
 * @param {[number, number]} [range]
 */
function number(name, value, [least, most] = [-Infinity, Infinity]) {
  const found = Number(value);
  if (value.trim() !== "" && Number.isFinite(found) && found >= least && found <= most) return found;
  const range = Number.isFinite(most) ? ` from ${least} to ${most}` : "";
  throw new Error(`--${name} is "${value}", but must be a number${range}`);
}

/** @param {string | undefined} file with a name on each line; without one, the dinosaurs that come with mynah */
async function readNames(file) {
  const list = file === undefined ? await loadCorpus("dinosaurs") : await readFile(file, "utf8");
  const names = list.split("\n").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

/**
 * A model that begins and ends names as the list does. What is left unset follows from the length of the list.
 *
 * @param {string[]} documents
 * @param {{ epochs: number | undefined, seed: number }} options
 */
async function learn(documents, { epochs, seed }) {
  const model = await TextModel.create({ documents, seed, signal });
  try {
    for await (const { fractionDone, loss } of model.train({ documents, epochs, seed, signal })) {
      process.stderr.write(`\rlearning ${Math.round(100 * fractionDone)} %, loss ${loss.toFixed(2)} `);
    }
    process.stderr.write("\n");
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
 * @param {{ count: number, temperature: number, seed: number, documents: string[] }} options
 */
async function* lines(model, { documents, ...options }) {
  const novelty = { unique: true, notInCorpus: { documents } };
  const names = model.sampleMany({ ...options, ...novelty, minLength: 2, length: LONGEST, signal });
  let written = 0;
  try {
    for await (const name of names) {
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
  const { names, out, epochs, seed, ...options } = readOptions();
  const documents = await readNames(names);
  // Opened first: a place where nothing can be written is told before the work, not after it. What is in the file stays until then.
  const file = out === undefined ? undefined : await open(out, "a");
  try {
    const model = await learn(documents, { epochs, seed });
    try {
      // A pipe has nothing to be cut off.
      if ((await file?.stat())?.isFile()) await file?.truncate();
      const goal = file?.createWriteStream() ?? process.stdout;
      await pipeline(lines(model, { documents, seed, ...options }), goal, { end: file !== undefined });
    } finally {
      await model.dispose();
    }
  } finally {
    await file?.close();
  }
}

main().catch((error) => {
  // Whoever reads the names, `head` for one, has enough of them.
  if (error.code === "EPIPE") return;
  console.error(signal.aborted ? "\nstopped before the first name" : error.message);
  process.exitCode = signal.aborted ? 130 : 1;
});
