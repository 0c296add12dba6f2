// Pictures of a terminal as one SVG that plays them, without script, so that it moves in an <img>, too.

/** @typedef {import("./terminal-screen.mjs").Run} Run */

/** Of a symbol, in pixels: those of the usual monospace fonts at 14 px. */
const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 14;
/** How long a picture stands, and how long the last one does, in seconds. */
const STANDS = 0.9;
const LAST_STANDS = 8;

const STYLE = `
    .back { fill: #0d1117; }
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #e6edf3; white-space: pre; }
    .bold { font-weight: 700; }
    .dim { fill: #7d8590; }
    .accent { fill: #39c5cf; }
    .good { fill: #3fb950; }`;

/**
 * @param {Run[][][]} pictures each a list of lines
 * @param {number} columns
 * @param {string} title for those who do not see it
 */
export function terminalSvg(pictures, columns, title) {
  const rows = Math.max(...pictures.map((lines) => lines.length));
  const [width, height] = [columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN].map(Math.ceil);
  const seconds = (pictures.length - 1) * STANDS + LAST_STANDS;
  const groups = pictures.map((lines, i) => {
    const isLast = i === pictures.length - 1;
    const content = lines.flatMap((runs, row) => runs.map((run) => draw(run, row))).filter(Boolean);
    return `  <g class="p${isLast ? " last" : ""}" style="animation-name: p${i}">\n${content.join("\n")}\n  </g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${escape(title)}</title>
  <style>${STYLE}
    .p { visibility: hidden; animation: ${seconds.toFixed(1)}s step-end infinite; }
${pictures.map((_, i) => keyframes(i, pictures.length, seconds)).join("\n")}
    @media (prefers-reduced-motion: reduce) {
      .p { animation: none; }
      .last { visibility: visible; }
    }
  </style>
  <rect class="back" width="${width}" height="${height}" rx="8"/>
${groups.join("\n")}
</svg>
`;
}

/**
 * @param {number} i
 * @param {number} count
 * @param {number} seconds
 */
function keyframes(i, count, seconds) {
  const percent = (/** @type {number} */ at) => `${((100 * at) / seconds).toFixed(2)}%`;
  const from = percent(i * STANDS);
  const until = i === count - 1 ? "" : ` ${percent((i + 1) * STANDS)} { visibility: hidden; }`;
  const before = i === 0 ? "" : "0% { visibility: hidden; } ";
  return `    @keyframes p${i} { ${before}${from} { visibility: visible; }${until} }`;
}

/**
 * Blocks and dots as shapes, since fonts differ in how wide theirs are; letters as text.
 *
 * @param {Run} run
 * @param {number} row
 */
function draw({ column, text, style }, row) {
  const symbols = [...text];
  const x = MARGIN + column * WIDTH;
  const y = MARGIN + row * HEIGHT;
  const name = style === "" ? "" : ` class="${style}"`;
  if (/^[█░]+$/u.test(text)) {
    const opacity = text.startsWith("░") ? ` opacity="0.35"` : "";
    const fill = style === "" ? ` fill="#e6edf3"` : "";
    return `    <rect${name}${fill}${opacity} x="${x.toFixed(1)}" y="${y + 2}" width="${(symbols.length * WIDTH).toFixed(1)}" height="${HEIGHT - 4}"/>`;
  }
  if (/[\u2801-\u28ff]/u.test(text)) return `    <path${name} d="${dots(symbols, x, y)}"/>`;
  const trimmed = text.replaceAll("\u2800", " ").trimEnd();
  if (trimmed === "") return "";
  const length = ([...trimmed].length * WIDTH).toFixed(1);
  return `    <text${name} x="${x.toFixed(1)}" y="${y + 13}" textLength="${length}" xml:space="preserve">${escape(trimmed)}</text>`;
}

/** Column and row of the dot that each bit of a braille symbol stands for (Unicode 16.0, 22.1). */
const DOTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
];

/**
 * @param {string[]} symbols of braille
 * @param {number} x
 * @param {number} y
 */
function dots(symbols, x, y) {
  return symbols
    .flatMap((symbol, i) => {
      const bits = (symbol.codePointAt(0) ?? 0) - 0x2800;
      return DOTS.filter((_, bit) => bits & (1 << bit)).map(([column = 0, row = 0]) => {
        const left = x + (i + column / 2) * WIDTH + 1;
        const top = y + (row * HEIGHT) / 4 + 1;
        return `M${left.toFixed(1)} ${top.toFixed(1)}h2.4v2.4h-2.4z`;
      });
    })
    .join("");
}

/** @param {string} text */
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
