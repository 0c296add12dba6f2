// A pool as a service has it: so many people at once, each in a session of his own.
//
//   npm run bench -- pool            a table
//   npm run bench -- pool --json     one JSON object per row
//
// By the clock. All begin at the same moment: each opens a session, feeds it PROMPT symbols and has it write LENGTH. What is told of one
// person is the time to his first piece and to his last; of all together the symbols that were written, by the time of the last one. The
// sessions are kept, as people come back to them; what one of them takes then is the size of what it is saved as.
import os from "node:os";
import { createPool, loadCorpus, TextModel } from "../dist/node/index.js";
import { flags } from "./lib/arguments.mjs";
import { allowRelaxedSimd, circumstances, median } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";

const options = flags();
// Long enough for several slices.
const [PROMPT, LENGTH] = options.smoke ? [10, 5] : [100, 2000];
const SESSIONS = options.smoke ? [1, 5] : [1, 100, 1000];
const ARCHITECTURE = options.smoke ? { hiddenSize: 8 } : { hiddenSize: 256 };
const WORKERS = [...new Set([1, os.availableParallelism()])];

/** What 95 of 100 stay below. */
const most = (values) => values.toSorted((a, b) => a - b)[Math.floor(0.95 * values.length)];

/** One person's visit: when, in milliseconds from the beginning, the first piece came and the last. */
async function visit(pool, prompt, seed, begin) {
  const session = await pool.session();
  await session.feed(prompt);
  let first;
  for await (const _ of session.sample({ length: LENGTH, seed })) first ??= performance.now() - begin;
  return { session, first, last: performance.now() - begin };
}

async function measure(build, model, text, workers, sessions) {
  const room = Math.max(sessions, 2 * workers);
  const pool = await createPool({ model, build, workers, maxQueue: room, maxSessions: room });
  // Every worker packs the weights with its first session.
  const warmUp = await Promise.all(
    Array.from({ length: 2 * workers }, (_, i) => visit(pool, text.slice(0, PROMPT), i, 0)),
  );
  for (const { session } of warmUp) await session.dispose();
  const begin = performance.now();
  const visits = await Promise.all(
    Array.from({ length: sessions }, (_, i) =>
      visit(pool, text.slice(i * PROMPT, (i + 1) * PROMPT), i, begin),
    ),
  );
  const seconds = (performance.now() - begin) / 1000;
  const saved = await visits[0].session.save();
  await pool.dispose();
  const [firsts, lasts] = [visits.map(({ first }) => first), visits.map(({ last }) => last)];
  return {
    build,
    workers,
    sessions,
    speed: (sessions * LENGTH) / seconds,
    first: median(firsts),
    mostFirst: most(firsts),
    last: median(lasts),
    mostLast: most(lasts),
    bytes: saved.byteLength,
  };
}

allowRelaxedSimd();
const table = output({
  name: "pool",
  circumstances: circumstances("wall clock, lstm of 256 units"),
  head: [
    "build",
    "workers",
    "sessions",
    "symbols/s",
    "first piece, ms",
    "95 % below",
    "whole text, ms",
    "95 % below",
    "bytes of a session",
  ],
  cells: ({ build, workers, sessions, speed, first, mostFirst, last, mostLast, bytes }) => [
    build,
    workers,
    sessions,
    speed.toFixed(0),
    first.toFixed(1),
    mostFirst.toFixed(1),
    last.toFixed(1),
    mostLast.toFixed(1),
    bytes,
  ],
  flags: options,
});
const text = await loadCorpus("fables");
for (const build of ["simd128", "relaxed"]) {
  const made = await TextModel.create({ text, build, cell: "lstm", ...ARCHITECTURE });
  const model = await made.save();
  await made.dispose();
  for (const workers of WORKERS) {
    for (const sessions of SESSIONS) table.row(await measure(build, model, text, workers, sessions));
  }
}
table.end();
