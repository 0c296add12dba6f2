// What there is in ts/examples: each folder is a program, and the first line of its main file says what it does.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";

export const examplesDir = inRoot("ts", "examples");

/**
 * @typedef {object} Program
 * @property {string} name of its folder
 * @property {string} title what it does, in a line
 * @property {string} file where it begins
 * @property {boolean} isPage whether it runs in a browser; else in Node
 */

/** @returns {Program[]} by name */
export function programs() {
  return fs
    .readdirSync(examplesDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const isPage = fs.existsSync(path.join(examplesDir, name, "index.html"));
      const file = path.join(examplesDir, name, isPage ? "main.ts" : "main.mjs");
      const [, title = ""] = /^\/\/ (.+)/.exec(fs.readFileSync(file, "utf8")) ?? [];
      return { name, title, file, isPage };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
