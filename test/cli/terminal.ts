// A terminal, as far as the command line uses one: what is left on it, and one to run a command in.
import { spawn, spawnSync } from "node:child_process";
import { text as readAll } from "node:stream/consumers";
import { cli } from "./run.js";

/** What a terminal of so many columns makes of the sequences that the command writes: enough of one to see what is left on it. */
export class Terminal {
  columns: number;
  readonly rows: string[] = [""];
  isCursorShown = true;
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  readonly write = (output: string): boolean => {
    for (const [token, up] of output.matchAll(
      /\u001B\[(\d+)A|\u001B\[\??[\d;]*[a-z]|\n|\r|[^\u001B\n\r]+/gi,
    )) {
      if (up !== undefined) this.#row -= Number(up);
      else if (token === "\u001B[J") this.rows.splice(this.#row);
      else if (token === "\u001B[K") this.#put("");
      else if (token === "\u001B[?25l") this.isCursorShown = false;
      else if (token === "\u001B[?25h") this.isCursorShown = true;
      else if (token === "\n") [this.#row, this.#column] = [this.#row + 1, 0];
      else if (token === "\r") this.#column = 0;
      else if (!token.startsWith("\u001B")) this.#put(token);
    }
    return true;
  };

  /** Writes where the cursor is; what stood behind it in the row is gone, since whatever is drawn is drawn to the end of its line. */
  #put(text: string): void {
    this.rows[this.#row] = (this.rows[this.#row] ?? "").slice(0, this.#column) + text;
    this.#column += text.length;
  }
}

/** What a command left in a terminal. */
export interface Shown {
  readonly status: number | null;
  /** What the terminal showed after each picture that was drawn, row by row. */
  readonly pictures: readonly string[];
  /** What it shows at the end. */
  readonly screen: string;
  readonly isCursorShown: boolean;
}

const COLUMNS = 90;
const ROWS = 30;
/** Ends a picture; the rest of the output is after the last of them. */
const END_UPDATE = "\u001B[?2026l";

/** The words for util-linux's script(1), which runs a command in a terminal of its own; BSD's has others. */
const inTerminal = (command: string) => ["-qec", command, "/dev/null"];

/** Why no command can be run in a terminal here; undefined where one can. */
export const whyNoTerminal =
  spawnSync("script", inTerminal("test -t 0 && test -t 1 && test -t 2"), { stdio: "ignore" }).status === 0
    ? undefined
    : "script(1) of util-linux is not there";

/** Runs the command in a terminal to its end. */
export async function runInTerminal(
  cwd: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const words = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(" ");
  const { NO_COLOR: _, ...inherited } = process.env;
  const child = spawn("script", inTerminal(`stty cols ${COLUMNS} rows ${ROWS}; ${words}`), {
    cwd,
    env: { ...inherited, TERM: "xterm", SHELL: "/bin/sh", ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const output = await readAll(child.stdout);
  const terminal = new Terminal(COLUMNS);
  const pictures: string[] = [];
  for (const picture of output.split(END_UPDATE)) {
    terminal.write(picture);
    pictures.push(terminal.rows.join("\n"));
  }
  const screen = pictures.pop() ?? "";
  return { status: await ended, pictures, screen, isCursorShown: terminal.isCursorShown };
}
