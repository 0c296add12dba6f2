// Links between the pages lead somewhere.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/places.js";
import { anchorsOf, linksOf } from "./links.js";
import { pages } from "./samples.js";

const all = [...pages(), "test/golden/README.md"];

describe.each(all)("%s", (page) => {
  it("links to files and headings that are there", () => {
    const dead = linksOf(page).filter(({ file, anchor }) => {
      if (!fs.existsSync(path.join(root, file))) return true;
      return anchor !== "" && file.endsWith(".md") && !anchorsOf(file).has(anchor);
    });
    expect(dead).toEqual([]);
  });
});

it("finds links, and tells those that are dead", () => {
  expect(all.flatMap(linksOf).length).toBeGreaterThan(50);
  expect(anchorsOf("docs/maths.md")).toContain("3-rnn-elman-1990-g--1");
  expect(anchorsOf("docs/tokenizers.md")).toContain("tokenizerjson");
});
