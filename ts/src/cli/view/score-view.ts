import type { Colours } from "./colours.js";
import type { Surprises } from "./join-parts.js";
import { pad, printable, widthOf } from "./text-layout.js";

/** From so many bits on, each the next colour: half as likely as not, one in 8, one in 64, one in 512. */
const LEVELS = [1, 3, 6, 9] as const;

/** Places in the table of the most surprising ones, and symbols around each. */
const PLACES = 10;
const BEFORE = 24;
const AFTER = 12;

type Paint = NonNullable<Colours["surprise"]>;

/** The text, each symbol in the colour of how much it surprised the model. */
export function drawSurprise(symbols: readonly string[], bits: Float32Array, paint: Paint): string {
  let drawn = "";
  let run = "";
  let level = 0;
  for (const at of symbols.keys()) {
    const next = levelOf(bits[at] ?? 0);
    if (next !== level) {
      drawn += paint(level, run);
      run = "";
      level = next;
    }
    run += printed(symbols, at);
  }
  return drawn + paint(level, run);
}

/** What the colours mean. */
export function drawLegend(paint: Paint): string {
  const names = LEVELS.map((bits, level) => paint(level + 1, ` ${bits} bits `));
  return `${names.join(" ")} of surprise and more`;
}

/** A table of the most surprising places, the most surprising first. */
export function listSurprises({ symbols, bits, ranks, alternatives }: Surprises, colours: Colours): string[] {
  const places = Array.from(bits.keys()).filter((at) => (ranks[at] ?? 0) > 0);
  // Of equals the first.
  places.sort((a, b) => (bits[b] ?? 0) - (bits[a] ?? 0) || a - b);
  const head = ["bits", "rank", "place", ...(alternatives === undefined ? [] : ["instead"]), "text"];
  const rows = places
    .slice(0, PLACES)
    .map((at) => [
      (bits[at] ?? 0).toFixed(1),
      String(ranks[at]),
      String(at),
      ...(alternatives === undefined
        ? []
        : [(alternatives[at] ?? []).map(({ symbol }) => shown(symbol)).join(" ")]),
      context(symbols, at, colours),
    ]);
  const columns = head
    .slice(0, -1)
    .map((name, i) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[i] ?? ""))));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < columns.length ? pad(cell, columns[i] ?? 0) : cell)).join("  ");
  return [colours.dim(line(head)), ...rows.map(line)];
}

function levelOf(bits: number): number {
  return LEVELS.filter((least) => bits >= least).length;
}

/** A symbol with what stands around it, in one line. */
function context(symbols: readonly string[], at: number, { bold, dim }: Colours): string {
  const part = (from: number, to: number): string => {
    const start = Math.max(0, from);
    const those = symbols.slice(start, Math.max(0, to)).map((_, i) => printed(symbols, start + i));
    return onOneLine(those.join(""));
  };
  const [before, after] = [part(at - BEFORE, at), part(at + 1, at + 1 + AFTER)];
  const own = symbols[at] ?? "";
  const middle = own === "" || own === "\r" ? shown(own) : part(at, at + 1);
  return `${dim(before)}${bold(`[${middle}]`)}${dim(after)}`;
}

/** A symbol as the terminal gets it. Where a line ends with two, as Windows has it, the first one is nothing. */
function printed(symbols: readonly string[], at: number): string {
  const symbol = symbols[at] ?? "";
  const isHalf = symbol.endsWith("\r") && symbols[at + 1]?.startsWith("\n") === true;
  return printable(isHalf ? symbol.slice(0, -1) : symbol);
}

/** A symbol by itself: a line end as a sign; the end of a document, too. */
function shown(symbol: string): string {
  if (symbol === "") return "∎";
  return symbol === "\r" ? "␍" : onOneLine(printable(symbol));
}

function onOneLine(text: string): string {
  return text.replaceAll("\n", "⏎");
}
