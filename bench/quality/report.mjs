// The tables and plots of docs/quality.md, from the results that were kept.
import fs from "node:fs";
import { writeSection } from "../lib/document.mjs";
import { tableHead, tableRow } from "../lib/measure.mjs";
import { plot } from "./plot.mjs";
import { middleOf } from "./results.mjs";
import { PLOTS, ROWS } from "./rows.mjs";
import { WORKS } from "./works.mjs";

const DOCS = new URL("../../docs/", import.meta.url);
const HEAD = [
  "model",
  "parameters",
  "symbols learnt",
  "passes",
  "seconds",
  "loss",
  "bits per byte",
  "windows of 64",
  "of 256",
];

/** @param {import("./results.mjs").Result[]} results */
export function writeDocument(results) {
  const file = new URL("quality.md", DOCS);
  for (const [work, { title, split }] of Object.entries(WORKS)) {
    const rows = ROWS.filter((it) => it.work === work && it.kind !== "writes").flatMap((row) => {
      const of = results.filter((it) => it.work === work && it.name === row.name);
      return of.length === 0 ? [] : [tableRow(cellsOf(row.name, of))];
    });
    const text = rows.length === 0 ? "Not measured yet." : [tableHead(HEAD), ...rows].join("\n");
    const written = ROWS.filter((it) => it.work === work && it.kind === "writes").flatMap(({ name }) => {
      const of = results.filter((it) => it.work === work && it.name === name);
      return of.length === 0 ? [] : [describeWriting(name, of)];
    });
    writeSection(work, [`${title}: ${split}.`, text, ...written].join("\n\n"), file);
  }
  for (const { file: name, title, work, rows, floors } of PLOTS) {
    const middles = rows.map((row) => ({
      name: row,
      ...middleOf(results.filter((it) => it.work === work && it.name === row)),
    }));
    const curves = middles.filter(({ curve }) => curve !== undefined && curve.length > 1);
    if (curves.length === 0) continue;
    const lines = floors.flatMap((floor) => results.filter((it) => it.work === work && it.name === floor));
    for (const [along, axis] of [
      ["seconds", "seconds of training on 2 cores"],
      ["tokens", "symbols learnt"],
    ]) {
      const svg = plot({ title: `${title}, against ${axis}`, along, axis, curves, floors: lines });
      fs.writeFileSync(new URL(`${name}-${along}.svg`, DOCS), svg);
    }
  }
}

/**
 * What a reader would notice of what models write, one for each seed.
 *
 * @param {string} name
 * @param {import("./results.mjs").Result[]} results
 */
function describeWriting(name, results) {
  const list = (value) => results.map(value).join(", ");
  const [{ seconds, how }] = results;
  return (
    `\`${name}\`, which learns all of it for ${seconds.toFixed(0)} seconds (${how}): of the words that it writes at a temperature of 0.7, ` +
    `${list(({ words }) => `${(words * 100).toFixed(1)} %`)} occur in the text (seeds ${list(({ seed }) => seed)}), and the longest ` +
    `passages that stand there letter for letter have ${list(({ copied }) => copied)} characters. The first of 20,000:\n\n> ` +
    results[0].sample.trim().replaceAll(/\s+/g, " ")
  );
}

/**
 * The middle one of the seeds, with the lowest and the highest loss of all beside it.
 *
 * @param {string} name
 * @param {import("./results.mjs").Result[]} results
 */
function cellsOf(name, results) {
  const { parameters, tokens, epoch, seconds, loss, bitsPerByte, windows = {} } = middleOf(results);
  const losses = results.map((it) => it.loss).filter((it) => it !== undefined);
  const [lowest, highest] = [Math.min(...losses), Math.max(...losses)];
  const spread = losses.length > 1 ? ` (${lowest.toFixed(4)}–${highest.toFixed(4)})` : "";
  return [
    name,
    parameters === undefined ? "" : `${(parameters / 1e6).toFixed(2)} M`,
    tokens === undefined ? "" : `${(tokens / 1e6).toFixed(1)} M`,
    epoch === undefined ? "" : epoch.toFixed(1),
    seconds.toFixed(seconds < 10 ? 1 : 0),
    loss === undefined ? "" : loss.toFixed(4) + spread,
    bitsPerByte === undefined ? "" : bitsPerByte.toFixed(3),
    windows[64]?.toFixed(4) ?? "",
    windows[256]?.toFixed(4) ?? "",
  ];
}
