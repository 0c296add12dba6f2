import { drawLine, VALUES_PER_COLUMN, type Scale } from "./braille.js";
import type { Colours } from "./colours.js";
import { formatPercent } from "./format.js";
import { pad, widthOf } from "./text-layout.js";
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

/** A table of the gradient by time lag, a column for each layer of each cell, and below it a line for each of them. */
export function drawGradients(cells: readonly CellGradient[], columns: number, colours: Colours): string[] {
  const layers = cells.flatMap(nameLayers);
  return [...drawTable(layers, colours), ...drawPlots(layers, columns, colours)];
}

interface NamedLayer extends LayerGradientFlow {
  readonly name: string;
}

function nameLayers({ cell, flow: { layers } }: CellGradient): NamedLayer[] {
  return layers.map((layer, i) => ({
    ...layer,
    name: layers.length === 1 ? cell : `${cell}, layer ${i + 1}`,
  }));
}

function drawTable(layers: readonly NamedLayer[], colours: Colours): string[] {
  const lags = chooseLags(Math.max(0, ...layers.map(({ norms }) => norms.length)));
  const head = ["symbols back", ...layers.map(({ name }) => name)];
  const norms = lags.map((lag) => [String(lag), ...layers.map((layer) => formatNorm(layer.norms[lag]))]);
  const gates = [
    ["gates shut", ...layers.map(({ saturation }) => formatPercent(saturation.low))],
    ["gates open", ...layers.map(({ saturation }) => formatPercent(saturation.high))],
  ];
  const rows = [head, ...norms, ...gates];
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
  return layers.flatMap(({ name }, i) => drawPlot(name, stretch(logs[i] ?? [], width), scale, colours));
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
