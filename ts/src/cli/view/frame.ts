import type { Colours } from "./colours.js";
import {
  formatCount,
  formatDuration,
  formatInteger,
  formatLoss,
  formatPercent,
  formatSteps,
} from "./format.js";
import { drawLossCurve, type LossHistory } from "./loss-curve.js";
import { clip, pad, tidy, widthOf, wrap } from "./text-layout.js";
import type { TrainStep } from "../../types.js";

/** What the live view shows. */
export interface Scene {
  /** What is being trained on what, in one line. */
  readonly title: string;
  readonly history: LossHistory;
  /** Last words, such as how to stop. */
  readonly hint: string;
  readonly step: TrainStep | undefined;
  /** The last validation loss. */
  readonly validationLoss: number | undefined;
  /** A text the model wrote a moment ago, and after which step. */
  readonly sample: { readonly text: string; readonly step: number } | undefined;
}

/** Size of the terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

// Beyond this a line of text is hard to read, and a curve tells no more.
const WIDEST = 100;
const CURVE_ROWS = 5;
const SAMPLE_ROWS = 8;
const LABEL_COLUMNS = 6;

/** Draws the live view, line by line: as much of it, most important first, as the terminal has room for. */
export function drawFrame(scene: Scene, size: Size, colours: Colours): string[] {
  // A full last column makes some terminals wrap, a full last row makes them scroll.
  const columns = Math.max(10, Math.min(WIDEST, size.columns - 1));
  const rows = size.rows - 1;

  const title = [colours.bold(clip(scene.title, columns)), ""];
  const progress = drawProgress(scene, columns, colours);
  const hint = scene.hint === "" ? [] : ["", colours.dim(clip(scene.hint, columns))];
  let free = rows - title.length - progress.length - hint.length;

  const curve = drawCurve(scene, columns, colours);
  const hasCurve = free >= curve.length;
  if (hasCurve) free -= curve.length;
  const box = drawSampleBox(scene, columns, free, colours);
  const frame = [...title, ...progress, ...(hasCurve ? curve : []), ...box, ...(free >= 0 ? hint : [])];
  return frame.slice(0, Math.max(1, rows));
}

function drawProgress({ step, validationLoss }: Scene, columns: number, colours: Colours): string[] {
  if (step === undefined) return [clip("getting ready …", columns)];
  const percent = formatPercent(step.fractionDone);
  const left =
    step.fractionDone < 1
      ? `${formatDuration(step.remainingSeconds)} left`
      : formatDuration(step.elapsedSeconds);
  const figures = `${percent.padStart(5)}   ${left}`;
  const barColumns = Math.max(4, columns - Math.max(widthOf(figures), 20) - 1);
  const filled = Math.round(step.fractionDone * barColumns);
  const bar = colours.accent("█".repeat(filled)) + colours.dim("░".repeat(barColumns - filled));
  return [
    `${bar} ${clip(figures, columns - barColumns - 1)}`,
    ...drawFigures(step, validationLoss, columns, colours),
  ];
}

/** One line where there is room, else as many as it takes. */
function drawFigures(
  step: TrainStep,
  validationLoss: number | undefined,
  columns: number,
  colours: Colours,
): string[] {
  const total = step.totalSteps === undefined ? "" : `/${formatInteger(step.totalSteps)}`;
  const figures: (readonly [label: string, value: string])[] = [
    ["step", `${formatInteger(step.step)}${total}`],
    ["epoch", step.epoch.toFixed(1)],
    ["loss", formatLoss(step.loss)],
    ...(validationLoss === undefined ? [] : [["held out", formatLoss(validationLoss)] as const]),
    ["symbols/s", formatCount(step.tokensPerSecond)],
  ];
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const [label, value] of figures) {
    const figureWidth = Math.min(columns, widthOf(label) + 1 + widthOf(value));
    if (width > 0 && width + 3 + figureWidth > columns) {
      lines.push(line);
      [line, width] = ["", 0];
    }
    const shownValue = clip(value, Math.max(1, columns - widthOf(label) - 1));
    line += `${width > 0 ? "   " : ""}${colours.dim(label)} ${colours.bold(shownValue)}`;
    width += (width > 0 ? 3 : 0) + figureWidth;
  }
  return [...lines, line];
}

function drawCurve({ history }: Scene, columns: number, colours: Colours): string[] {
  const curve = drawLossCurve(history, columns - LABEL_COLUMNS - 2, CURVE_ROWS);
  if (curve === undefined) return [];
  const label = (row: number): string => {
    if (row === 0) return formatLoss(curve.highest);
    return row === CURVE_ROWS - 1 ? formatLoss(curve.lowest) : "";
  };
  const lines = curve.rows.map((dots, row) => {
    const axis = `${label(row).padStart(LABEL_COLUMNS)} ${label(row) === "" ? "│" : "┤"}`;
    return colours.dim(axis) + colours.accent(dots);
  });
  return ["", ...lines];
}

/** A frame around what the model wrote, with a blank line above it, in `rows` rows at most; nothing where there is no room for at least a line of it. */
function drawSampleBox({ sample }: Scene, columns: number, rows: number, colours: Colours): string[] {
  const inside = columns - 4;
  const height = Math.min(SAMPLE_ROWS, rows - 3);
  if (sample === undefined || height < 1 || inside < 10) return [];
  const label = clip(` after ${formatSteps(sample.step)} it writes `, columns - 4);
  const lines = wrap(tidy(sample.text), inside).slice(0, height);
  const filled = [...lines, ...Array.from({ length: height - lines.length }, () => "")];
  return [
    "",
    colours.dim(`╭─${label}${"─".repeat(columns - 3 - widthOf(label))}╮`),
    ...filled.map((line) => `${colours.dim("│")} ${pad(line, inside)} ${colours.dim("│")}`),
    colours.dim(`╰${"─".repeat(columns - 2)}╯`),
  ];
}
