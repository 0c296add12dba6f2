// What the benchmarks share: timing that other work on the machine disturbs little, and tables.
import os from "node:os";
import { setFlagsFromString } from "node:v8";

/** Node 20 has relaxed SIMD behind a flag; newer ones have it on and may not know the flag any more. */
export function allowRelaxedSimd() {
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** @param {number[]} values */
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Milliseconds of processor time that `work` takes, which other processes on a shared machine lengthen far less than they
 * lengthen the time by the clock.
 *
 * @param {() => void} work
 */
export function processorTime(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Machine, engine and date, which belong to every figure. */
export const circumstances = (how = "one thread") =>
  `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, Node ${process.version}, ${how}, ${new Date().toISOString().slice(0, 10)}`;

/** @param {(string | number)[]} cells */
export const tableRow = (cells) => `| ${cells.join(" | ")} |`;

/** @param {string[]} names */
export const tableHead = (names) => `${tableRow(names)}\n${tableRow(names.map(() => "---"))}`;
