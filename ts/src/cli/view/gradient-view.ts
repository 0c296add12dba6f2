import { drawLine, VALUES_PER_COLUMN, type Scale } from "./braille.js";
import type { Colours } from "./colours.js";
import { formatPercent } from "./format.js";
import { pad, widthOf, wrap } from "./text-layout.js";
import type { GradientFlow, LayerGradientFlow } from "../../types.js";

/** The gradient of one cell's model. */
export interface CellGradient {
  readonly cell: string;
  readonly flow: GradientFlow;
}

const PLOT_ROWS = 5;
const LABEL_COLUMNS = 8;
const GAP = "   ";

// A float32 is next to nothing before it is zero, and a scale with room for that shows nothing else.
const MOST_DECADES = 12;

const CAPTION =
  "How much of the loss of a symbol comes back to the states before it: the norm of its gradient, by the number of symbols back.";

/** A table of the gradient by time lag, a column for each layer of each cell, and below it a line for each of them. */
export function drawGradients(cells: readonly CellGradient[], columns: number, colours: Colours): string[] {
  const layers = cells.flatMap(nameLayers);
  return [
    ...wrap(CAPTION, columns),
    "",
    ...drawTable(layers, colours),
    ...drawPlots(layers, columns, colours),
  ];
}

interface NamedLayer extends LayerGradientFlow {
  readonly name: string;
  /** What its saturation is of. */
  readonly stuck: "gates" | "states";
}

function nameLayers({ cell, flow: { layers } }: CellGradient): NamedLayer[] {
  return layers.map((layer, i) => ({
    ...layer,
    name: layers.length === 1 ? cell : `${cell}, layer ${i + 1}`,
    // It has no gates. docs/maths.md (20).
    stuck: cell === "rnn" ? "states" : "gates",
  }));
}

function drawTable(layers: readonly NamedLayer[], colours: Colours): string[] {
  const lags = chooseLags(Math.max(0, ...layers.map(({ norms }) => norms.length)));
  const head = ["symbols back", ...layers.map(({ name }) => name)];
  const norms = lags.map((lag) => [String(lag), ...layers.map((layer) => formatNorm(layer.norms[lag]))]);
  const rows = [head, ...norms, ...STUCK.flatMap((row) => stuckRow(row, layers))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? pad(cell, width) : cell.padStart(width);
      })
      .join(GAP),
  );
  return lines.map((line, row) => (row === 0 ? colours.bold(line) : line));
}

/** The rows of what is stuck. */
const STUCK = [
  { name: "gates shut", stuck: "gates", end: "low" },
  { name: "gates open", stuck: "gates", end: "high" },
  { name: "states at their lowest", stuck: "states", end: "low" },
  { name: "states at their highest", stuck: "states", end: "high" },
] as const;

/** None where no layer has such values. */
function stuckRow({ name, stuck, end }: (typeof STUCK)[number], layers: readonly NamedLayer[]): string[][] {
  const shares = layers.map((layer) => (layer.stuck === stuck ? formatPercent(layer.saturation[end]) : ""));
  return shares.some((share) => share !== "") ? [[name, ...shares]] : [];
}

/** No lag, then 1, 2, 4 and so on, and the last one. */
function chooseLags(count: number): number[] {
  const lags = count > 0 ? [0] : [];
  for (let lag = 1; lag < count; lag *= 2) lags.push(lag);
  if (count > 1 && lags.at(-1) !== count - 1) lags.push(count - 1);
  return lags;
}

/** What has grown out of the range of float32. */
const isOverflow = (norm: number) => norm === Number.MAX_VALUE;

function formatNorm(norm: number | undefined): string {
  if (norm === undefined) return "";
  return isOverflow(norm) ? "overflow" : norm.toExponential(1);
}

/** All on one logarithmic scale, so that they can be compared. */
function drawPlots(layers: readonly NamedLayer[], columns: number, colours: Colours): string[] {
  const logs = layers.map(({ norms }) =>
    norms.map((norm) => (norm > 0 && !isOverflow(norm) ? Math.log10(norm) : undefined)),
  );
  const known = logs.flat().filter((value) => value !== undefined);
  if (known.length === 0) return [];
  const highest = Math.max(...known);
  const scale = { highest, lowest: Math.max(Math.min(...known), highest - MOST_DECADES) };
  const width = Math.max(10, columns - LABEL_COLUMNS - 2) * VALUES_PER_COLUMN;
  const lags = Math.max(...layers.map(({ norms }) => norms.length)) - 1;
  const title = `Norm of the gradient, on a logarithmic scale; from 0 symbols back, on the left, to ${lags}.`;
  return [
    "",
    ...wrap(title, columns).map(colours.dim),
    ...layers.flatMap(({ name }, i) => drawPlot(name, stretch(logs[i] ?? [], width), scale, colours)),
  ];
}

function drawPlot(
  name: string,
  values: readonly (number | undefined)[],
  scale: Scale,
  colours: Colours,
): string[] {
  const shown = values.map((value) => (value === undefined || value < scale.lowest ? undefined : value));
  const lines = drawLine(shown, PLOT_ROWS, scale).map((dots, row) => {
    const edge = row === 0 ? scale.highest : row === PLOT_ROWS - 1 ? scale.lowest : undefined;
    const label = edge === undefined ? "" : formatNorm(10 ** edge);
    return `${colours.dim(`${label.padStart(LABEL_COLUMNS)} ${label === "" ? "│" : "┤"}`)}${colours.accent(dots)}`;
  });
  return ["", colours.bold(name), ...lines];
}

/** As many values as there is room for, each the nearest of those there are. */
function stretch<Value>(values: readonly Value[], length: number): (Value | undefined)[] {
  return Array.from({ length }, (_, i) => values[Math.floor((i * values.length) / length)]);
}
