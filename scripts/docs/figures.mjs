// docs/figures: the cells of docs/maths.md as drawings. `npm run docs -- --figures` draws them anew.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";

const STYLE = `
    text { font: 15px system-ui, sans-serif; fill: #1f2328; text-anchor: middle; dominant-baseline: central; }
    .small { font-size: 13px; fill: #59636e; }
    .cell { fill: none; stroke: #d1d9e0; stroke-width: 1.5; }
    .line { fill: none; stroke: #59636e; stroke-width: 1.6; }
    .gate { fill: #fff1e5; stroke: #c2410c; stroke-width: 1.5; }
    .point { fill: #ffffff; stroke: #59636e; stroke-width: 1.5; }
    .head { fill: #59636e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small { fill: #9198a1; }
      .cell { stroke: #3d444d; }
      .line { stroke: #9198a1; }
      .gate { fill: #3b2317; stroke: #fb923c; }
      .point { fill: #151b23; stroke: #9198a1; }
      .head { fill: #9198a1; }
    }`;

/** A drawing that grows; sizes are pixels. */
class Drawing {
  /** @type {string[]} */
  #parts = [];

  /**
   * @param {number} width
   * @param {number} height
   * @param {string} title for those who do not see it
   */
  constructor(width, height, title) {
    this.width = width;
    this.height = height;
    this.title = title;
  }

  /**
   * A line through points with right angles or not, with a head at its end.
   *
   * @param {[number, number][]} points
   */
  arrow(...points) {
    this.line(...points);
    const [x, y] = points.at(-1) ?? [0, 0];
    const [fromX, fromY] = points.at(-2) ?? [0, 0];
    const angle = (Math.atan2(y - fromY, x - fromX) * 180) / Math.PI;
    this.#parts.push(
      `<path class="head" d="M0 0l-8 -4v8z" transform="translate(${x} ${y}) rotate(${angle.toFixed(0)})"/>`,
    );
    return this;
  }

  /** @param {[number, number][]} points */
  line(...points) {
    this.#parts.push(`<path class="line" d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"/>`);
    return this;
  }

  /**
   * What has weights of its own.
   *
   * @param {number} x of the middle, as y
   * @param {number} y
   * @param {string} label
   * @param {string} [below]
   */
  gate(x, y, label, below = "") {
    this.#parts.push(`<rect class="gate" x="${x - 26}" y="${y - 17}" width="52" height="34" rx="6"/>`);
    if (below !== "") this.text(x + 40, y + 24, below, "small");
    return this.text(x, y, label);
  }

  /**
   * What is done number by number.
   *
   * @param {number} x of the middle, as y
   * @param {number} y
   * @param {string} label
   */
  point(x, y, label) {
    const half = label.length > 1 ? 24 : 15;
    this.#parts.push(
      `<rect class="point" x="${x - half}" y="${y - 15}" width="${2 * half}" height="30" rx="15"/>`,
    );
    return this.text(x, y, label);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  cell(x, y, width, height) {
    this.#parts.push(`<rect class="cell" x="${x}" y="${y}" width="${width}" height="${height}" rx="16"/>`);
    return this;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {string} words
   * @param {string} [style]
   */
  text(x, y, words, style) {
    this.#parts.push(
      `<text${style === undefined ? "" : ` class="${style}"`} x="${x}" y="${y}">${words}</text>`,
    );
    return this;
  }

  toString() {
    const { width, height, title } = this;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${title}</title>
  <style>${STYLE}
  </style>
  ${this.#parts.join("\n  ")}
</svg>
`;
  }
}

/** (3): one matrix product of the symbol, one of the state, a tanh. */
function rnn() {
  return new Drawing(400, 250, "RNN: h′ = tanh(W x + U h + b)")
    .cell(70, 40, 260, 150)
    .line([160, 232], [160, 190], [160, 150])
    .arrow([20, 115], [160, 115], [174, 115])
    .arrow([160, 150], [160, 115], [174, 115])
    .arrow([226, 115], [380, 115])
    .arrow([290, 115], [290, 18])
    .gate(200, 115, "tanh")
    .text(178, 224, "x")
    .text(40, 98, "h")
    .text(362, 98, "h′")
    .text(312, 26, "h′", "small");
}

/** (4b): the update gate mixes the old state and the candidate; the reset gate says what the candidate sees of the old one. */
function gru() {
  return new Drawing(520, 320, "GRU: h′ = (1 − z) ∘ n + z ∘ h")
    .cell(60, 40, 400, 220)
    .arrow([16, 80], [225, 80])
    .arrow([255, 80], [365, 80])
    .arrow([395, 80], [505, 80])
    .arrow([430, 80], [430, 16])
    .line([90, 80], [90, 240], [380, 240])
    .line([250, 302], [250, 240])
    .arrow([140, 240], [140, 223])
    .arrow([240, 240], [240, 223])
    .arrow([380, 240], [380, 223])
    .arrow([240, 189], [240, 95])
    .arrow([140, 189], [140, 150], [310, 150], [310, 206], [354, 206])
    .arrow([380, 189], [380, 155])
    .arrow([380, 125], [380, 95])
    .arrow([240, 120], [340, 120], [366, 133])
    .gate(140, 206, "σ")
    .text(178, 196, "r", "small")
    .gate(240, 206, "σ")
    .text(278, 178, "z", "small")
    .gate(380, 206, "tanh")
    .text(418, 178, "n", "small")
    .point(240, 80, "×")
    .point(380, 140, "×")
    .text(418, 140, "1 − z", "small")
    .point(380, 80, "+")
    .text(34, 62, "h")
    .text(490, 62, "h′")
    .text(452, 26, "h′", "small")
    .text(268, 296, "x");
}

/** (5): the cell state c is only scaled and added to. */
function lstm() {
  return new Drawing(580, 340, "LSTM: c′ = f ∘ c + i ∘ g, h′ = o ∘ tanh(c′)")
    .cell(60, 40, 460, 240)
    .arrow([16, 80], [125, 80])
    .arrow([155, 80], [265, 80])
    .arrow([295, 80], [565, 80])
    .line([16, 258], [410, 258])
    .line([95, 322], [95, 258])
    .arrow([140, 258], [140, 235])
    .arrow([230, 258], [230, 235])
    .arrow([320, 258], [320, 235])
    .arrow([410, 258], [410, 235])
    .arrow([140, 201], [140, 95])
    .arrow([230, 201], [230, 150], [265, 150])
    .arrow([320, 201], [320, 150], [295, 150])
    .arrow([280, 135], [280, 95])
    .arrow([470, 80], [470, 120])
    .arrow([470, 150], [470, 203])
    .arrow([436, 218], [455, 218])
    .arrow([485, 218], [565, 218])
    .gate(140, 218, "σ")
    .text(174, 190, "f", "small")
    .gate(230, 218, "σ")
    .text(252, 190, "i", "small")
    .gate(320, 218, "tanh")
    .text(342, 190, "g", "small")
    .gate(410, 218, "σ")
    .text(432, 190, "o", "small")
    .point(140, 80, "×")
    .point(280, 150, "×")
    .point(280, 80, "+")
    .point(470, 135, "tanh")
    .point(470, 218, "×")
    .text(34, 62, "c")
    .text(548, 62, "c′")
    .text(34, 242, "h")
    .text(548, 200, "h′")
    .text(113, 314, "x");
}

/** A text of four symbols, each of which foresees the next; gradients go back along the same lines. */
function unrolled() {
  const drawing = new Drawing(640, 250, "A recurrent network reads t, h, e and foresees h, e, a space");
  const symbols = ["t", "h", "e", "␣"];
  const next = ["h", "e", "␣", "c"];
  drawing.arrow([14, 120], [63, 120]).text(30, 102, "h₀");
  symbols.forEach((symbol, t) => {
    const x = 90 + 150 * t;
    drawing
      .arrow([x, 205], [x, 139])
      .arrow([x, 101], [x, 48])
      .gate(x, 120, "cell")
      .text(x, 222, symbol)
      .text(x, 30, next[t] ?? "");
    if (t < symbols.length - 1)
      drawing.arrow([x + 27, 120], [x + 123, 120]).text(x + 75, 102, `h${"₁₂₃"[t]}`);
  });
  return drawing.arrow([567, 120], [626, 120]).text(598, 102, "h₄");
}

export function writeFigures() {
  const folder = inRoot("docs", "figures");
  fs.mkdirSync(folder, { recursive: true });
  for (const draw of [rnn, gru, lstm, unrolled]) {
    fs.writeFileSync(path.join(folder, `${draw.name}.svg`), String(draw()));
  }
  console.log("✓ docs/figures");
}
