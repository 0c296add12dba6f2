// How well models foresee texts that they have not seen, for how much time and how many symbols: docs/quality.md.
//
//   npm run bench:quality                                   the rows
//   npm run bench:quality -- --only 'names: gru'            measures those whose "WORK: NAME" fits
//   npm run bench:quality -- --only . --missing             measures what has no result yet: many hours
//   npm run bench:quality -- --write                        writes tables and plots into docs/
//
// --seeds 1,2,3 instead of those of the row. Each row is a process of its own, and each result is kept in results.json as soon as
// it is there. With --smoke a row takes a second, and nothing is kept.
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endWithUs } from "../../scripts/lib/cleanup.mjs";
import { flags } from "../lib/arguments.mjs";
import { circumstances } from "../lib/measure.mjs";
import { temporaryFolder } from "../lib/texts.mjs";
import { installPythonPeers } from "../peers/install.mjs";
import { COMPRESSORS, compressed, ngram } from "./floors.mjs";
import { writeDocument } from "./report.mjs";
import { keepResult, readResults } from "./results.mjs";
import { commandOf, ROWS } from "./rows.mjs";
import { readWork } from "./works.mjs";

const options = flags({
  only: { type: "string" },
  missing: { type: "boolean", default: false },
  seeds: { type: "string" },
});

const wanted = options.only === undefined ? [] : rowsThatFit(new RegExp(options.only, "i"));
if (options.only === undefined && !options.write) list(ROWS);
for (const row of wanted) for (const seed of seedsOf(row)) await measure(row, seed);
if (options.write) writeDocument(readResults());

function rowsThatFit(pattern) {
  const rows = ROWS.filter(({ work, name }) => pattern.test(`${work}: ${name}`));
  if (rows.length > 0) return rows;
  console.error(`no row fits --only ${options.only}; without it, all are listed`);
  return process.exit(2);
}

function list(rows) {
  for (const row of rows) console.log(`${`${row.work}: ${row.name}`.padEnd(48)} ${commandOf(row)}`);
}

function seedsOf({ work, name, seeds }) {
  const all = options.seeds === undefined ? seeds : options.seeds.split(",").map(Number);
  const known = readResults();
  const hasResult = (seed) => known.some((it) => it.work === work && it.name === name && it.seed === seed);
  const asked = seeds.length === 0 ? [undefined] : all;
  return options.missing ? asked.filter((seed) => !hasResult(seed)) : asked;
}

async function measure(row, seed) {
  const title = `${row.work}: ${row.name}${seed === undefined ? "" : `, seed ${seed}`}`;
  const parts = readWork(row.work);
  if (parts === undefined) return console.error(`${title}: left out, its text is not at hand`);
  console.error(title);
  const measured = await resultOf(row, seed, parts);
  if (typeof measured === "string") return console.error(`  left out: ${measured}`);
  const { work, name } = row;
  const how = circumstances(
    row.kind === "pytorch"
      ? "2 threads"
      : ["mynah", "writes"].includes(row.kind)
        ? "2 workers"
        : "one thread",
  );
  const result = { work, name, ...(seed === undefined ? {} : { seed }), how, ...measured };
  console.log(options.json ? JSON.stringify(result) : `  ${inWords(result)}`);
  if (!options.smoke) keepResult(result);
}

/** @returns the figures, or why there are none */
function resultOf(row, seed, parts) {
  switch (row.kind) {
    case "ngram":
      return ngram(parts, row.order);
    case "compressor":
      try {
        return compressed(parts, COMPRESSORS[row.name]);
      } catch (error) {
        return error.message;
      }
    case "mynah":
    case "writes": {
      const { work, model, training, kind, points, exact } = row;
      const asked = options.smoke ? { ...training, epochs: undefined, seconds: 1 } : training;
      const job = { work, model, training: asked, seed, points, exact };
      const script = kind === "mynah" ? "train.mjs" : "writes.mjs";
      return lastOf(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(job)]);
    }
    case "pytorch":
      return withPyTorch(row, seed, parts);
  }
}

async function withPyTorch({ args }, seed, { learnt, heldOut }) {
  const { python, problem } = await installPythonPeers();
  if (problem !== undefined) return problem;
  const { folder, remove } = temporaryFolder();
  try {
    const files = { learnt: learnt.text, "held-out": heldOut.text };
    const flagsOfFiles = Object.entries(files).flatMap(([name, text]) => {
      const file = path.join(folder, name);
      fs.writeFileSync(file, text);
      return [`--${name}`, file];
    });
    const script = fileURLToPath(new URL("pytorch.py", import.meta.url));
    const steps = options.smoke ? ["--steps", "20"] : [];
    return await lastOf(python, [script, ...args, ...flagsOfFiles, "--seed", String(seed), ...steps]);
  } finally {
    remove();
  }
}

/** Runs a program that prints readings, and joins them with what it prints at last. */
async function lastOf(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  endWithUs(child);
  const ended = new Promise((resolve) => child.once("close", resolve));
  const curve = [];
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    const { done, ...reading } = JSON.parse(line);
    curve.push(pointOf(reading));
    if (done) last = reading;
    else console.error(`  ${inWords(reading)}`);
  }
  const code = await ended;
  if (last === undefined) return `it ended with exit code ${code}`;
  const { zero, ...figures } = last;
  const windows = zero === undefined ? {} : { windows: { 64: zero, ...figures.windows } };
  return { ...figures, ...windows, curve };
}

function pointOf({ tokens, seconds, loss, zero }) {
  return JSON.parse(
    JSON.stringify({ tokens, seconds: rounded(seconds, 2), loss: rounded(loss, 4), zero: rounded(zero, 4) }),
  );
}

function rounded(value, digits) {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

function inWords({ tokens, seconds, loss, bitsPerByte, windows, zero, words, copied }) {
  return [
    `${seconds.toFixed(1)} s`,
    tokens && `${(tokens / 1e6).toFixed(2)} M symbols`,
    loss && `loss ${loss.toFixed(4)}`,
    bitsPerByte && `${bitsPerByte.toFixed(3)} bits per byte`,
    words && `${(words * 100).toFixed(1)} % known words, ${copied} characters copied`,
    (zero ?? windows?.[64]) && `${(zero ?? windows[64]).toFixed(4)} in windows of 64`,
  ]
    .filter(Boolean)
    .join(", ");
}
