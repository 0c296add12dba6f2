// README.zh.md is README.md in Chinese: the same code, the same parts, the same links.
import { expect, it } from "vitest";
import { linksOf } from "./links.js";
import { read, samplesOf } from "./samples.js";

const ENGLISH = "README.md";
const CHINESE = "README.zh.md";

const shape = (page: string) =>
  read(page)
    .replaceAll(/^```[^]*?^```$/gm, "```")
    .split("\n")
    .map((line) => /^(?:#+(?= )|- (?=\*\*)|\||```|!)/.exec(line)?.[0])
    .filter((mark) => mark !== undefined);

it("has the same code", () => {
  const codes = (page: string) => samplesOf(page).map(({ language, code }) => ({ language, code }));
  expect(codes(CHINESE)).toEqual(codes(ENGLISH));
  expect(codes(CHINESE)).toHaveLength(4);
});

it("has the same headings, points, rows of tables and pictures, in order", () => {
  expect(shape(CHINESE)).toEqual(shape(ENGLISH));
});

it("leads to the same pages", () => {
  const targets = (page: string) =>
    linksOf(page)
      .map(({ file, anchor }) => `${file}#${anchor}`)
      .filter((target) => !target.startsWith("README"));
  expect(targets(CHINESE)).toEqual(targets(ENGLISH));
});

it("names the same figures", () => {
  const figures = (page: string) =>
    (read(page).match(/(?<![\w.])\d+(?:\.\d+)?(?!\w|\.\d)/g) ?? []).toSorted();
  expect(figures(CHINESE)).toEqual(figures(ENGLISH));
});
