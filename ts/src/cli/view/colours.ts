/** Paints text for a terminal. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly good: (text: string) => string;
}

const painter = (open: number, close: number) => (text: string) => `\u001B[${open}m${text}\u001B[${close}m`;
const plain = (text: string): string => text;

const PAINTED: Colours = {
  bold: painter(1, 22),
  dim: painter(2, 22),
  accent: painter(36, 39),
  good: painter(32, 39),
};

const UNPAINTED: Colours = { bold: plain, dim: plain, accent: plain, good: plain };

/** Colours where they are wanted: on a terminal that has them, and without NO_COLOR (https://no-color.org). */
export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  const isWanted = stream.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  return isWanted ? PAINTED : UNPAINTED;
}
