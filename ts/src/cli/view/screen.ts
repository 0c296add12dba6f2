import { widthOf } from "./text-layout.js";

const ESCAPE = "\u001B[";
const HIDE_CURSOR = `${ESCAPE}?25l`;
const SHOW_CURSOR = `${ESCAPE}?25h`;
// Between these a terminal that knows them holds the picture still, so that nothing flickers; others ignore them.
const BEGIN_UPDATE = `${ESCAPE}?2026h`;
const END_UPDATE = `${ESCAPE}?2026l`;
const ERASE_TO_LINE_END = `${ESCAPE}K`;
const ERASE_BELOW = `${ESCAPE}J`;

/** A few lines of a terminal that are drawn over and over in the same place. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #showCursor = (): void => void this.#stream.write(SHOW_CURSOR);
  #lines: readonly string[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Puts these lines in place of those drawn before. None may be wider than the terminal. */
  draw(lines: readonly string[]): void {
    if (this.#lines.length === 0) process.on("exit", this.#showCursor);
    const up = this.#rowsTaken();
    const toTop = up > 0 ? `${ESCAPE}${up}A\r` : "";
    const body = lines.map((line) => `${line}${ERASE_TO_LINE_END}\n`).join("");
    this.#stream.write(`${BEGIN_UPDATE}${HIDE_CURSOR}${toTop}${body}${ERASE_BELOW}${END_UPDATE}`);
    this.#lines = lines;
  }

  /** Leaves what was drawn last where it is, and goes on below it. */
  release(): void {
    if (this.#lines.length === 0) return;
    this.#lines = [];
    this.#showCursor();
    process.off("exit", this.#showCursor);
  }

  /** Rows that the lines take by now: more than there are lines when the terminal has become narrower and has wrapped them. */
  #rowsTaken(): number {
    const columns = this.#stream.columns || Infinity;
    return this.#lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  }
}
