// A chart of lines over distances, with a logarithmic scale, as SVG.

export interface Line {
  /** In the style sheet its colour is that of the class with this name. */
  readonly name: string;
  /** The values at distances 1, 2, 3, …, before and now. */
  readonly before: readonly number[];
  readonly now: readonly number[];
}

/** The scale goes from 10 to the power of the one to that of the other; what is smaller lies at the bottom. */
const [LOWEST, HIGHEST] = [-9, 1];
const EDGE = { left: 46, right: 14, top: 12, bottom: 58 };

/** The marks that tell the lines apart without colours, around (0, 0). */
const MARKS = ["M-4,0a4,4 0 1 0 8,0a4,4 0 1 0-8,0", "M-4-4h8v8h-8z", "M0-5l5,9h-10z"];

/** The mark of the line with this number, for a legend. */
export const markOf = (at: number): string => MARKS[at % MARKS.length] ?? "";

/** 10 to a power, as it is written by hand. */
export const powerOfTen = (power: number): string =>
  `10${[...String(power)].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("")}`;

/**
 * Draws it as large as the element is.
 *
 * @param symbols - what stands at distances 1, 2, 3, …
 * @param chosen - the distance that is marked
 */
export function drawChart(svg: SVGSVGElement, lines: readonly Line[], symbols: string, chosen: number): void {
  const { width, height } = svg.getBoundingClientRect();
  const [right, bottom] = [width - EDGE.right, height - EDGE.bottom];
  const x = (distance: number) =>
    EDGE.left + ((right - EDGE.left) * (distance - 1)) / Math.max(1, symbols.length - 1);
  const y = (value: number) => {
    const power = Math.max(LOWEST, Math.min(HIGHEST, Math.log10(value)));
    return bottom - ((bottom - EDGE.top) * (power - LOWEST)) / (HIGHEST - LOWEST);
  };
  const path = (values: readonly number[]) =>
    values
      .map((value, at) => `${at === 0 ? "M" : "L"}${x(at + 1).toFixed(1)},${y(value).toFixed(1)}`)
      .join("");
  const parts = [grid(right, y), distances(symbols, bottom, x)];
  parts.push(`<path class="chosen" d="M${x(chosen)},${EDGE.top}V${bottom}"/>`);
  for (const [at, { name, before, now }] of lines.entries()) {
    const marks = now.flatMap((value, i) =>
      i % 3 === 0 || i + 1 === chosen
        ? [`<path d="${markOf(at)}" transform="translate(${x(i + 1)},${y(value)})"/>`]
        : [],
    );
    parts.push(
      `<g class="${name}"><path class="before" d="${path(before)}"/><path class="now" d="${path(now)}"/>${marks.join("")}</g>`,
    );
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  // Numbers and names of this program alone.
  svg.innerHTML = parts.join("");
}

/** A line across, and its label, for every second power of ten. */
function grid(right: number, y: (value: number) => number): string {
  const powers = Array.from({ length: (HIGHEST - LOWEST) / 2 + 1 }, (_, i) => LOWEST + 2 * i);
  return powers
    .map((power) => {
      const at = y(10 ** power);
      const label = `<text x="${EDGE.left - 10}" y="${at}" dy="0.32em" text-anchor="end">${powerOfTen(power)}</text>`;
      return `<path class="grid" d="M${EDGE.left},${at}H${right}"/>${label}`;
    })
    .join("");
}

/** The symbols, the distance below every fifth, below the first and the last, and what these numbers are. */
function distances(symbols: string, bottom: number, x: (distance: number) => number): string {
  const last = symbols.length;
  const labels = [...symbols].map((symbol, i) => {
    const distance = i + 1;
    const isNumbered = distance === 1 || distance % 5 === 0 || distance === last;
    const number = isNumbered ? `<text x="${x(distance)}" y="${bottom + 36}">${distance}</text>` : "";
    return `<text class="symbol" x="${x(distance)}" y="${bottom + 18}">${symbol}</text>${number}`;
  });
  const title = `<text x="${(x(1) + x(last)) / 2}" y="${bottom + 53}">symbols before the answer</text>`;
  return `<g text-anchor="middle">${labels.join("")}${title}</g>`;
}
