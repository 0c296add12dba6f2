// The documents whose tables are written by the benchmarks themselves, between marks.
import fs from "node:fs";

const PERFORMANCE = new URL("../../docs/performance.md", import.meta.url);

/**
 * Puts a table into its place in a document.
 *
 * @param {string} name of the marks `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`
 * @param {string} text
 * @param {URL} [file]
 */
export function writeSection(name, text, file = PERFORMANCE) {
  fs.writeFileSync(file, withSection(fs.readFileSync(file, "utf8"), name, text));
}

/**
 * @param {string} document
 * @param {string} name
 * @param {string} text
 */
export function withSection(document, name, text) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(open), document.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`the document has no ${open} with a ${close} after it`);
  return `${document.slice(0, from + open.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}
