// docs/sampling.md describes every option of a sample as the table of options has it: names, headings, defaults, ranges.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OPTION_GROUPS, WRITING_GROUPS, type OptionSpec } from "../../../ts/src/options/spec.js";
import { optionsOf } from "../../../ts/src/options/table.js";

/** Under these headings the page has options that `--help` has before any heading, or the help of other calls. */
const FIRST = "What to write";
const UNGROUPED = ["count", "signal"];

const page = readFileSync(new URL("../../../docs/sampling.md", import.meta.url), "utf8");
const rows = page
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return lines
      .filter((line) => line.startsWith("| `"))
      .map((line) => {
        const [, name = "", value = "", range = "", advice = ""] = line.split("|").map((cell) => cell.trim());
        return { heading, name: name.slice(1, -1), default: value, range, advice };
      });
  });

const known: Readonly<Record<string, OptionSpec>> = optionsOf("sampleMany");

it("describes every option once, and no other", () => {
  const names = Object.keys(known).filter((name) => name !== "signal");
  expect(rows.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

it("has the headings of --help in their order", () => {
  const groups = Object.values(WRITING_GROUPS).map((group) => group.slice(0, -1));
  expect([...new Set(rows.map(({ heading }) => heading))]).toEqual([FIRST, ...groups]);
});

describe.each(rows)("$name", ({ heading, name, range, advice, ...row }) => {
  const {
    kind,
    choices,
    minimum = 0,
    maximum,
    group,
    default: value,
    defaultHelp,
  } = known[name] ?? ({} as OptionSpec);

  it("stands where --help has it, with its default, range and a reason", () => {
    if (!UNGROUPED.includes(name)) {
      expect(`${heading}:`).toBe(group === undefined ? `${FIRST}:` : OPTION_GROUPS[group]);
    }
    const isNone = value === undefined || value === "";
    expect(row.default).toBe(defaultHelp ?? (isNone ? "none" : `\`${String(value)}\``));
    if (choices !== undefined) expect(range).toBe(choices.map((word) => `\`${word}\``).join(" "));
    if (kind === "integer") {
      expect(range).toMatch(maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`);
    }
    if (kind === "number") expect(range).toMatch(/\d to \d/);
    expect(advice).not.toBe("");
  });
});
