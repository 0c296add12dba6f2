// Curves of loss against seconds and against symbols, as an SVG that reads well on white and on black.

/** @typedef {import("./results.mjs").Point} Point */

const WIDTH = 900;
const HEIGHT = 420;
const LEFT = 52;
const TOP = 44;
const BOTTOM = 46;
const NAMES = 216;

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), and dashes besides. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#a6761d"];
const DASHES = ["", "6 3", "2 3"];

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .grid { stroke: #d0d7de; stroke-width: 1; }
    .floor { stroke: #1f2328; stroke-width: 1; stroke-dasharray: 2 4; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .grid { stroke: #30363d; }
      .floor { stroke: #e6edf3; }
    }`;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * @param {object} plot
 * @param {string} plot.title
 * @param {"seconds" | "tokens"} plot.along
 * @param {string} plot.axis
 * @param {{ name: string, curve: Point[] }[]} plot.curves of which `loss` is drawn
 * @param {{ name: string, loss: number }[]} [plot.floors]
 */
export function plot({ title, along, axis, curves, floors = [] }) {
  const points = curves.flatMap(({ curve }) => curve);
  const [lowX, highX] = bounds(points.map((it) => it[along]));
  const lowY =
    Math.floor((Math.min(...points.map(({ loss }) => loss), ...floors.map(({ loss }) => loss)) - 0.02) * 10) /
    10;
  const highY = lowY + 0.9;
  const right = WIDTH - NAMES;
  const x = (value) =>
    LEFT + ((Math.log(value) - Math.log(lowX)) / (Math.log(highX) - Math.log(lowX))) * (right - LEFT);
  const y = (value) => TOP + ((highY - value) / (highY - lowY)) * (HEIGHT - TOP - BOTTOM);
  const lines = [];
  for (let tick = lowY; tick <= highY + 1e-9; tick += 0.1) {
    lines.push(
      line("grid", LEFT, y(tick), right, y(tick)),
      label(LEFT - 6, y(tick) + 4, tick.toFixed(1), "end"),
    );
  }
  for (const tick of ticks(lowX, highX)) {
    lines.push(
      line("grid", x(tick), TOP, x(tick), HEIGHT - BOTTOM),
      label(x(tick), HEIGHT - BOTTOM + 16, short(tick), "middle"),
    );
  }
  for (const { name, loss } of floors) {
    lines.push(
      line("floor", LEFT, y(loss), right, y(loss)),
      label(LEFT + 6, y(loss) - 4, `${name}: ${loss.toFixed(3)}`, "start"),
    );
  }
  const ends = spread(curves.map(({ curve }) => y(curve.at(-1)?.loss ?? highY)));
  curves.forEach(({ name, curve }, i) => {
    const inside = curve.filter(({ loss }) => loss <= highY);
    const path = inside.map((it) => `${x(it[along]).toFixed(1)},${y(it.loss).toFixed(1)}`).join(" ");
    const [colour, dash] = [
      COLOURS[i % COLOURS.length],
      DASHES[Math.floor(i / COLOURS.length) % DASHES.length],
    ];
    lines.push(
      `  <polyline class="curve" stroke="${colour}"${dash && ` stroke-dasharray="${dash}"`} points="${path}"/>`,
    );
    const last = curve.at(-1);
    const text = `${name}: ${last.loss.toFixed(3)}`;
    lines.push(
      `  <text x="${right + 10}" y="${(ends[i] + 4).toFixed(1)}" style="fill: ${colour}">${escape(text)}</text>`,
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `  <title>${escape(title)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <text class="title" x="12" y="20">${escape(title)}</text>`,
    ...lines,
    label((LEFT + right) / 2, HEIGHT - 8, axis, "middle"),
    "</svg>\n",
  ].join("\n");
}

const line = (name, x1, y1, x2, y2) =>
  `  <line class="${name}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;

const label = (x, y, text, anchor) =>
  `  <text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(text)}</text>`;

/** Names at the ends of curves, moved apart so that each can be read. */
function spread(places) {
  const gap = 15;
  const order = places.map((_, i) => i).toSorted((a, b) => places[a] - places[b]);
  const moved = [...places];
  order.forEach((i, rank) => {
    const above = moved[order[rank - 1]];
    if (above !== undefined) moved[i] = Math.max(moved[i], above + gap);
  });
  const tooLow = Math.max(0, Math.max(...moved) - (HEIGHT - BOTTOM));
  return moved.map((place) => place - tooLow);
}

/** @param {number[]} values */
function bounds(values) {
  return [Math.min(...values), Math.max(...values)];
}

/** 1, 2 and 5 times the powers of ten. */
function ticks(low, high) {
  const all = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
    for (const times of [1, 2, 5]) if (power * times >= low && power * times <= high) all.push(power * times);
  }
  return all;
}

/** @param {number} value */
function short(value) {
  return value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);
}
