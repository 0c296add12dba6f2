// docs/errors.md has every code of the errors, with the meaning that stands in ts/src/errors.ts.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ERROR_CODES } from "../../ts/src/errors.js";
import { root } from "../support/places.js";
import { read } from "./samples.js";

const rows = read("docs/errors.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(cells, line).toHaveLength(5);
    return { code: cells[1]?.slice(1, -1) ?? "", meaning: cells[2], advice: cells[3] };
  });

const source = fs.readFileSync(path.join(root, "ts/src/errors.ts"), "utf8");

it("has every code once, in the code's order", () => {
  expect(rows.map(({ code }) => code)).toEqual([...ERROR_CODES]);
});

it.each(rows)("$code has the code's own words, and advice", ({ code, meaning, advice }) => {
  expect(source).toContain(`  /** ${meaning} */\n  "${code}",`);
  expect(advice).toMatch(/\w.*\.$/);
});
