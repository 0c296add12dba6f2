/** Paints text for a terminal. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly good: (text: string) => string;
  /** Backgrounds from none, at level 0, to the strongest, at level 4; absent where there are no colours. */
  readonly surprise?: (level: number, text: string) => string;
}

const painter = (open: number, close: number) => (text: string) => `\u001B[${open}m${text}\u001B[${close}m`;
const plain = (text: string): string => text;

// Of the 256 colours of xterm: yellow, orange, red, dark red; in black or white, so that either can be read on them.
const SURPRISE = ["", "30;48;5;229", "30;48;5;215", "97;48;5;160", "97;48;5;88"];

function paintSurprise(level: number, text: string): string {
  if (level === 0 || text === "") return text;
  // A background goes on to the edge of the terminal at a line end.
  const paint = (line: string): string =>
    line === "" ? "" : `\u001B[${SURPRISE[level]}m${line}\u001B[39;49m`;
  return text.split("\n").map(paint).join("\n");
}

const PAINTED: Colours = {
  bold: painter(1, 22),
  dim: painter(2, 22),
  accent: painter(36, 39),
  good: painter(32, 39),
  surprise: paintSurprise,
};

const UNPAINTED: Colours = { bold: plain, dim: plain, accent: plain, good: plain };

/** Colours where they are wanted: on a terminal that has them, and without NO_COLOR (https://no-color.org). */
export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  const isWanted = stream.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  return isWanted ? PAINTED : UNPAINTED;
}
