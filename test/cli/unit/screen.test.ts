import { expect, it } from "vitest";
import { Screen } from "../../../ts/src/cli/view/screen.js";
import { Terminal } from "../terminal.js";

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
