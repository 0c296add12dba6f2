// The results as bars in an SVG, one panel for each workload; readable on white and on black.
import { median } from "../lib/measure.mjs";
import { describe, workloads } from "./workloads.mjs";

/** @typedef {import("./measuring.mjs").Result} Result */

const WIDTH = 860;
const LABELS = 300;
const VALUES = 80;
const LINE = 18;
const TITLE = 30;
const PAD = 12;

/** Colours of both schemes: of text, of mynah's bars, of the others'. */
const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .mynah { fill: #c2410c; }
    .peer { fill: #64748b; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .mynah { fill: #fb923c; }
      .peer { fill: #94a3b8; }
    }`;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Of each name the fastest build, so that the plot stays short. */
function shown(results) {
  const sorted = results
    .filter(({ speeds }) => speeds.length > 0)
    .map((it) => ({ ...it, speed: median(it.speeds) }))
    .toSorted((a, b) => b.speed - a.speed);
  const seen = new Set();
  return sorted.filter(({ peer, place, threads, job }) => {
    const key = [peer, place, threads, job.quantize].join();
    return !seen.has(key) && seen.add(key);
  });
}

function panel(workload, results, top) {
  const rows = shown(results);
  const highest = Math.max(...rows.map(({ speed }) => speed));
  const room = WIDTH - LABELS - VALUES;
  const lines = rows.map(({ name, peer, speed }, i) => {
    const y = top + TITLE + i * LINE;
    const length = Math.max(1, (room * speed) / highest);
    return [
      `  <text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`,
      `  <rect class="${peer === "mynah" ? "mynah" : "peer"}" x="${LABELS}" y="${y + 2}" width="${length.toFixed(1)}" height="${LINE - 5}" rx="2"/>`,
      `  <text x="${(LABELS + length + 6).toFixed(1)}" y="${y + 12}">${Math.round(speed).toLocaleString("en")}</text>`,
    ].join("\n");
  });
  const title = `  <text class="title" x="${PAD}" y="${top + 18}">${escape(`${workload.name}: ${describe(workload)}`)}</text>`;
  return { svg: [title, ...lines].join("\n"), height: TITLE + rows.length * LINE + PAD };
}

/** @param {readonly Result[]} results */
export function plot(results) {
  let top = TITLE;
  const panels = workloads.flatMap((workload) => {
    const of = results.filter((it) => it.workload === workload.name && it.speeds.length > 0);
    if (of.length === 0) return [];
    const { svg, height } = panel(workload, of, top);
    top += height;
    return [svg];
  });
  const heading = `  <text x="${PAD}" y="18">Symbols per second, of the faster build of each; every workload has a scale of its own.</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">`,
    `  <title>mynah and its peers: symbols per second</title>`,
    `  <style>${STYLE}\n  </style>`,
    heading,
    ...panels,
    "</svg>\n",
  ].join("\n");
}
