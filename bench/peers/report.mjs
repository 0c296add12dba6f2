// The results as Markdown: a table for each workload, and the bars.
import { median, tableHead, tableRow } from "../lib/measure.mjs";
import { judge, ratioOf } from "./bars.mjs";
import { describe, workloads } from "./workloads.mjs";

/** @typedef {import("./measuring.mjs").Result} Result */

const speedOf = ({ speeds }) => (speeds.length === 0 ? NaN : median(speeds));
const mebibytes = (bytes) => (bytes === undefined ? "" : (bytes / 2 ** 20).toFixed(0));

/**
 * mynah's own row that another is compared with: of the same number of threads and the same kind of engine, the fastest
 * in single precision.
 *
 * @param {Result[]} results of one workload
 * @param {Result} row
 */
function counterpart(results, row) {
  const inChromium = row.place === "chromium";
  return results
    .filter((it) => it.peer === "mynah" && it.job.quantize === undefined && it.speeds.length > 0)
    .filter((it) => (it.place === "chromium") === inChromium)
    .toSorted(
      (a, b) =>
        Math.abs(a.threads - row.threads) - Math.abs(b.threads - row.threads) || speedOf(b) - speedOf(a),
    )[0];
}

/** @param {Result[]} results of one workload */
function table(results) {
  const measured = results
    .filter(({ speeds }) => speeds.length > 0)
    .toSorted((a, b) => speedOf(b) - speedOf(a));
  const lines = measured.map((row) => {
    const ours = counterpart(results, row);
    const ratio = row.peer === "mynah" || ours === undefined ? "" : `${ratioOf(ours, row).toPrecision(3)} ×`;
    const spread = `${Math.min(...row.speeds).toFixed(0)}–${Math.max(...row.speeds).toFixed(0)}`;
    return tableRow([
      row.name,
      row.versions ?? "",
      speedOf(row).toFixed(0),
      spread,
      ratio,
      mebibytes(row.peakMemory),
    ]);
  });
  const head = tableHead(["what", "version", "symbols/s", "lowest–highest", "mynah against it", "peak MiB"]);
  return [head, ...lines, ...missing(results)].join("\n");
}

/** A line for each reason why rows have no figure, with their names, and an empty one before. */
function missing(results) {
  const names = new Map();
  for (const { name, speeds, problem = "it was not reached" } of results) {
    if (speeds.length === 0) names.set(problem, [...(names.get(problem) ?? []), name]);
  }
  const lines = [...names].map(([problem, of]) => `- Not measured: ${of.join("; ")} (${problem}).`);
  return lines.length > 0 ? ["", ...lines] : [];
}

/** @param {readonly Result[]} results */
export function checklist(results) {
  const lines = judge(results).map(
    ({ workload, what, least, ratio, met, ours, peer }) =>
      `- [${met ? "x" : " "}] ${workload}: ${what}: ${ratio.toPrecision(3)} × (bar ${least}; ${ours} / ${peer})`,
  );
  return lines.length === 0 ? "No bar has both its sides measured." : lines.join("\n");
}

/**
 * @param {readonly Result[]} results
 * @param {string} circumstances
 */
export function report(results, circumstances) {
  const parts = workloads.flatMap((workload) => {
    const of = results.filter((it) => it.workload === workload.name);
    return of.length === 0 ? [] : [`### ${workload.name}: ${describe(workload)}\n\n${table(of)}`];
  });
  return [circumstances, ...parts, `### Bars\n\n${checklist(results)}`].join("\n\n");
}
