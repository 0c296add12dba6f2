// The rounds: the rows of a workload take turns, each in its own process that is idle meanwhile, so that all of them see the
// same weather on a shared machine.
import { median } from "../lib/measure.mjs";
import { commandOf } from "./rows.mjs";
import { Session } from "./session.mjs";

/**
 * What became of a row.
 *
 * @typedef {object} Result
 * @property {string} workload
 * @property {string} name
 * @property {string} peer
 * @property {string} place
 * @property {number} threads
 * @property {object} job
 * @property {string} [versions]
 * @property {number[]} speeds symbols per second, of each round: by the clock, or by processor time where that was asked for
 * @property {number} [peakMemory] of the whole process, in bytes; in Chromium of its renderer and GPU processes
 * @property {string} [problem] why there is no figure
 */

/**
 * @param {import("./workloads.mjs").Workload} workload
 * @param {import("./rows.mjs").Row[]} rows
 * @param {{ rounds: number, seconds: number, textFile: string, modelFile: string, python: string | undefined,
 *   missing: Record<string, string | undefined>, byProcessor: boolean, note: (text: string) => void }} options
 * @returns {Promise<Result[]>}
 */
export async function measureWorkload(workload, rows, options) {
  const { rounds, seconds, textFile, modelFile, python, missing, byProcessor, note } = options;
  const results = rows.map(({ name, peer, place, threads, job }) => {
    return { workload: workload.name, name, peer, place, threads, job, speeds: [] };
  });
  /** @type {(Session | undefined)[]} */
  const sessions = [];
  const fail = (index, error) => {
    results[index].problem = error.message;
    sessions[index] = undefined;
    note(`  ${rows[index].name}: ${error.message}`);
  };
  try {
    for (const [index, row] of rows.entries()) {
      const problem = row.needs && missing[row.needs];
      if (problem !== undefined) {
        fail(index, new Error(problem));
        continue;
      }
      const job = { ...row.job, workload, textFile, modelFile };
      const session = new Session(commandOf(row, job, python), row.threads);
      sessions[index] = session;
      await session.ready().then(
        (versions) => (results[index].versions = versions),
        (error) => fail(index, error),
      );
    }
    for (let round = 0; round < rounds; round++) {
      for (const [index, result] of results.entries()) {
        await sessions[index]?.measure(seconds).then(
          (span) => result.speeds.push(span.symbols / secondsOf(span, result, byProcessor)),
          (error) => fail(index, error),
        );
      }
      note(`  round ${round + 1} of ${rounds}`);
    }
    for (const [index, session] of sessions.entries()) results[index].peakMemory = await session?.end();
  } finally {
    for (const session of sessions) session?.kill();
  }
  for (const { name, speeds } of results) {
    if (speeds.length > 0) note(`  ${name}: ${median(speeds).toFixed(0)} symbols/s`);
  }
  return results;
}

/**
 * The time that counts. Processor time says nothing of a row with several threads, and Chromium's is spread over its processes.
 *
 * @param {import("./subjects/spans.mjs").Span} span
 * @param {Result} result
 * @param {boolean} byProcessor
 */
function secondsOf({ seconds, processorSeconds }, { threads }, byProcessor) {
  return byProcessor && threads === 1 ? (processorSeconds ?? NaN) : seconds;
}
