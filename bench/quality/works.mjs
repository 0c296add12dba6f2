// The texts that models are compared on, each cut into what is learnt and what is only ever foreseen.
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { PythonRandom } from "./python-random.mjs";

/** Where the texts lie that do not ship with the project. */
const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const CORPORA = fileURLToPath(new URL("../../ts/corpora/", import.meta.url));

/** The share of a text, or of a shuffled list, that is learnt. */
const LEARNT = 0.9;

/**
 * @typedef {{ text: string, documents?: undefined } | { documents: string[], text?: undefined }} Source what mynah takes
 *
 * @typedef {object} Work
 * @property {string} title
 * @property {string} file
 * @property {string} split how it is cut, in words
 * @property {(content: string) => { learnt: Source, heldOut: Source }} cut
 */

/** @type {Readonly<Record<string, Work>>} */
export const WORKS = {
  "tiny-shakespeare": {
    title: "Tiny Shakespeare",
    file: `${DATA}tinyshakespeare.txt`,
    split: "the first 90 % are learnt, the last 10 % foreseen (nanoGPT's split)",
    cut: atItsEnd,
  },
  names: {
    title: "Names",
    file: `${DATA}names.txt`,
    split:
      "shuffled by Python's random with seed 42; the first 80 % are learnt, the next 10 % foreseen (makemore's lectures)",
    cut: (content) => {
      const names = linesOf(content);
      new PythonRandom(42).shuffle(names);
      const [first, second] = [Math.floor(0.8 * names.length), Math.floor(0.9 * names.length)];
      return {
        learnt: { documents: names.slice(0, first) },
        heldOut: { documents: names.slice(first, second) },
      };
    },
  },
  poems: {
    title: "Chinese poems",
    file: `${DATA}chinese-poems.txt`,
    split: "the first 90 % are learnt, the last 10 % foreseen",
    cut: atItsEnd,
  },
  fables: {
    title: "The fables that come with mynah",
    file: `${CORPORA}fables.txt`,
    split: "the first 90 % are learnt, the last 10 % foreseen",
    cut: atItsEnd,
  },
  "fables-zh": {
    title: "The Chinese fables that come with mynah",
    file: `${CORPORA}fables-zh.txt`,
    split: "the first 90 % are learnt, the last 10 % foreseen",
    cut: atItsEnd,
  },
  dinosaurs: {
    title: "The names of dinosaurs that come with mynah",
    file: `${CORPORA}dinosaurs.txt`,
    split: "shuffled as the names; the first 90 % are learnt, the last 10 % foreseen",
    cut: (content) => {
      const names = linesOf(content);
      new PythonRandom(42).shuffle(names);
      const first = Math.floor(LEARNT * names.length);
      return { learnt: { documents: names.slice(0, first) }, heldOut: { documents: names.slice(first) } };
    },
  },
};

/**
 * A work's two parts; undefined where its file is not at hand.
 *
 * @param {string} name
 */
export function readWork(name) {
  const work = WORKS[name];
  if (work === undefined) throw new Error(`there is no work ${name}: ${Object.keys(WORKS).join(", ")}`);
  return fs.existsSync(work.file) ? work.cut(fs.readFileSync(work.file, "utf8")) : undefined;
}

/** @param {string} content */
function atItsEnd(content) {
  const symbols = [...content];
  const at = Math.floor(LEARNT * symbols.length);
  return {
    learnt: { text: symbols.slice(0, at).join("") },
    heldOut: { text: symbols.slice(at).join("") },
  };
}

/** @param {string} content */
function linesOf(content) {
  return content.split("\n").filter((line) => line !== "");
}
