// Every section of docs/maths.md that the code quotes is there.
import fs from "node:fs";
import { inRoot } from "../lib/paths.mjs";
import { repositoryFiles } from "./files.mjs";

/** A heading, "## (9) A training step", or a part of one, "(4b) **Reset after**". */
const SECTION = /^(?:#+ )?\((\d+[a-z]?)\) /gm;

/** "docs/maths.md (2), (13)", also where a comment goes on in the next line; then its numbers. */
const QUOTE = /docs\/maths\.md((?:(?:,| to| and)?\s+(?:\/\/[/!]?\s+)?\(\d+[a-z]?\))+)/g;
const NUMBER = /\((\d+[a-z]?)\)/g;

/** @returns {string[]} one line for each quote of a section that is not there */
export function findMissingEquations() {
  const maths = fs.readFileSync(inRoot("docs/maths.md"), "utf8");
  return repositoryFiles()
    .filter((name) => /\.(rs|ts|mjs|py)$/.test(name))
    .flatMap((name) => missingIn(name, fs.readFileSync(inRoot(name), "utf8"), maths));
}

/**
 * @param {string} name of the file
 * @param {string} text of the file
 * @param {string} maths the text of docs/maths.md
 */
export function missingIn(name, text, maths) {
  const sections = new Set([...maths.matchAll(SECTION)].map(([, number]) => number));
  const quoted = [...text.matchAll(QUOTE)].flatMap(([, quote = ""]) => [...quote.matchAll(NUMBER)]);
  return quoted
    .filter(([, number]) => !sections.has(number))
    .map(([quote]) => `${name}: docs/maths.md has no ${quote}`);
}
