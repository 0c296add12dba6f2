// What people see in a terminal while a model trains, and what a pipe gets instead.
import { writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { run, small, text, useFolder } from "./run.js";
import { runInTerminal, whyNoTerminal } from "./terminal.js";

const folder = useFolder();
const training = ["train", "notes.txt", ...small, "--steps", "1500", "--learning-rate", "0.002"];

beforeEach(() => writeFile(folder.file("notes.txt"), text));

describe.skipIf(whyNoTerminal !== undefined)(
  `a terminal${whyNoTerminal ? ` (${whyNoTerminal})` : ""}`,
  () => {
    it("shows a bar, the time left, a curve and samples in one place, and a verdict below it", async () => {
      const { status, pictures, screen, isCursorShown } = await runInTerminal(folder.path, training);
      expect(status).toBe(0);
      const [first = "", ...others] = pictures;
      expect(first, "before the first step").toMatch(/^notes\.txt, 1,890 symbols .*\n\ngetting ready …\n/);
      const underway = others.filter((picture) => picture.includes(" left"));
      expect(underway.length, "it is drawn again and again").toBeGreaterThan(1);
      for (const picture of underway) {
        expect(picture).toMatch(
          /^notes\.txt, .*\n\n█*░+ +\d+ % {3}\S.* left\nstep [\d,]+\/1,500 {3}epoch \d/,
        );
        expect(picture).toMatch(/\n╭─ after [\d,]+ steps? it writes ─+╮\n│ .* │\n/);
        expect(picture).toContain("\nloss: lower is better · Ctrl-C stops and saves");
        expect(picture.match(/█/)?.length ?? 0).toBeLessThan(90);
      }
      const last = underway.at(-1) ?? "";
      expect(last).toMatch(/█░/);
      expect(last).toMatch(/\n {1,2}\d\.\d{3} ┤[⠀-⣿]+\n(?: {7}│[⠀-⣿]+\n){3} {1,2}\d\.\d{3} ┤[⠀-⣿]+\n/);
      expect(screen, "the last picture stays, and nothing of those before").toMatch(
        /^notes\.txt, .*\n\n█+ 100 % {3}\d+ s\nstep 1,500\/1,500 .*\n\n.*┤.*\n(?:.*│.*\n){3}.*┤.*\n\nTrained for 1,500 steps in /,
      );
      expect(screen).toMatch(/\nSaved notes\.safetensors \(.*\)\.\nThe loss was still falling/);
      expect(screen.match(/getting ready|it writes|Ctrl-C/g)).toBeNull();
      expect(isCursorShown).toBe(true);
    });

    it("that can only be written on line by line gets the lines of a pipe", async () => {
      const { status, pictures, screen } = await runInTerminal(folder.path, training, { TERM: "dumb" });
      expect({ status, pictures }).toEqual({ status: 0, pictures: [] });
      expect(screen).toMatch(/^Training on notes\.txt, 1,890 symbols .*\n(?:step .*\n)?/);
      expect(screen).toMatch(/\nstep 1,500\/1,500 \(100 %\) {3}loss /);
    });
  },
);

it("a pipe gets plain lines, each of them once", async () => {
  const { status, stdout, stderr } = await run(folder.path, training);
  expect(status).toBe(0);
  expect(stdout + stderr).not.toContain("\u001B");
  expect(stderr).not.toMatch(/[█░┤╭]/);
  const [first, ...lines] = stderr.trimEnd().split("\n");
  expect(first).toMatch(/^Training on notes\.txt, 1,890 symbols /);
  for (const line of lines) expect(line).toMatch(/^step [\d,]+\/1,500 \(\d+ %\) {3}loss /);
  expect(lines.filter((line) => line.includes(" left")).length).toBeGreaterThan(0);
  expect(new Set(lines).size).toBe(lines.length);
  expect(stdout).toMatch(
    /^Trained for 1,500 steps .*\nSaved notes\.safetensors .*\nThe loss was still falling/,
  );
});
