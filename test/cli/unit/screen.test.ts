import { expect, it } from "vitest";
import { Screen } from "../../../ts/src/cli/view/screen.js";

/** What a terminal of so many columns makes of the sequences that a screen writes: enough of one to see what is left on it. */
class Terminal {
  columns: number;
  readonly rows: string[] = [""];
  isCursorShown = true;
  #row = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  readonly write = (output: string): boolean => {
    for (const [token, up] of output.matchAll(/\u001B\[(\d+)A|\u001B\[\??\d*[a-z]|\n|\r|[^\u001B\n\r]+/gi)) {
      if (up !== undefined) this.#row -= Number(up);
      else if (token === "\u001B[J") this.rows.splice(this.#row);
      else if (token === "\u001B[?25l") this.isCursorShown = false;
      else if (token === "\u001B[?25h") this.isCursorShown = true;
      else if (token === "\n") this.#row += 1;
      else if (!token.startsWith("\u001B") && token !== "\r") this.rows[this.#row] = token;
    }
    return true;
  };
}

function draw(columns = 80): { terminal: Terminal; screen: Screen } {
  const terminal = new Terminal(columns);
  return { terminal, screen: new Screen(terminal as unknown as NodeJS.WriteStream) };
}

it("draws in place, and leaves nothing of a longer picture", () => {
  const { terminal, screen } = draw();
  screen.draw(["one", "two", "three"]);
  screen.draw(["1", "2", "3"]);
  expect(terminal.rows).toEqual(["1", "2", "3"]);
  screen.draw(["I"]);
  expect(terminal.rows).toEqual(["I"]);
  screen.draw(["a", "b"]);
  expect(terminal.rows).toEqual(["a", "b"]);
});

it("goes on below once it was released", () => {
  const { terminal, screen } = draw();
  screen.draw(["one"]);
  expect(terminal.isCursorShown).toBe(false);
  screen.release();
  expect(terminal.isCursorShown).toBe(true);
  screen.draw(["two"]);
  expect(terminal.rows).toEqual(["one", "two"]);
  screen.release();
  screen.release();
});

it("gives the cursor back when the process ends in between", () => {
  const { terminal, screen } = draw();
  const before = process.listenerCount("exit");
  screen.draw(["one"]);
  screen.draw(["two"]);
  expect(process.listenerCount("exit")).toBe(before + 1);
  screen.release();
  expect(process.listenerCount("exit")).toBe(before);
  expect(terminal.isCursorShown).toBe(true);
});
