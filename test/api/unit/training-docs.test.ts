// docs/training.md describes every option of create and train as the table of options has it: names, headings, defaults, ranges, words.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OPTION_GROUPS, TRAINING_GROUPS, type OptionSpec } from "../../../ts/src/options/spec.js";
import { presetModel, presetTraining } from "../../../ts/src/options/presets.js";
import { optionsOf } from "../../../ts/src/options/table.js";

type Call = "create" | "train";

interface Row {
  readonly heading: string;
  readonly name: string;
  readonly calls: readonly Call[];
  readonly default: string;
  readonly range: string;
  readonly advice: string;
}

const REST = "What it learns from, and where it runs";

const page = readFileSync(new URL("../../../docs/training.md", import.meta.url), "utf8");
const rows = page
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return lines.filter((line) => line.startsWith("| `")).map((line) => readRow(heading, line));
  });

function readRow(heading: string, line: string): Row {
  const cells = line.split("|").map((cell) => cell.trim());
  const [, name = "", call = "", value = "", range = "", advice = ""] = cells;
  expect(cells, line).toHaveLength(7);
  expect(["create", "train", "both"], line).toContain(call);
  return {
    heading,
    name: name.slice(1, -1),
    calls: call === "both" ? ["create", "train"] : [call as Call],
    default: value,
    range,
    advice,
  };
}

/** Each option with each call that has it. */
const described = rows.flatMap((row) => row.calls.map((call) => ({ call, row })));

function specOf(call: Call, name: string): OptionSpec {
  const spec = optionsOf(call)[name];
  if (spec === undefined) throw new Error(`${call} has no option ${name}`);
  return spec;
}

const name = (call: Call, option: string) => `${call} ${option}`;

it("describes every option of both calls once, and no other", () => {
  const known = (["create", "train"] as const).flatMap((call) =>
    Object.keys(optionsOf(call)).map((option) => name(call, option)),
  );
  expect(described.map(({ call, row }) => name(call, row.name)).toSorted()).toEqual(known.toSorted());
});

it("has the headings of --help in their order, and what has none at the end", () => {
  const headings = [...new Set(rows.map(({ heading }) => heading))];
  const groups = Object.values(TRAINING_GROUPS).map((group) => group.slice(0, -1));
  expect(headings).toEqual([...groups, REST]);
});

it("says what the default preset makes of a million symbols", () => {
  const extent = { symbols: 1e6 };
  const { cell, hiddenSize } = presetModel("quick", extent, {});
  // Of the 65 symbols of Tiny Shakespeare.
  const info = { cell, hiddenSize, parameters: 420_674 } as const;
  const settings = presetTraining("quick", info, extent, {});
  const { epochs = NaN, learningRate = NaN, batchSize = NaN, seqLength = NaN } = settings;
  const prose = page.replaceAll(/\s+/gu, " ");
  expect(prose).toContain(`makes one ${cell.toUpperCase()} layer of ${String(hiddenSize)} units`);
  expect(prose).toContain(`trains it for ${epochs} passes: Muon at a rate of ${learningRate}, up`);
  expect(prose).toContain(`norm of 1, ${batchSize} streams of ${seqLength} symbols`);
  expect(settings.optimizer).toBe("muon");
});

describe.each(described)("$call $row.name", ({ call, row }) => {
  const { kind, choices, minimum = 0, maximum, group, default: value, defaultHelp } = specOf(call, row.name);

  it("stands where --help has it, with its default, range, words and a reason", () => {
    // On the command line the seeds of both calls are one flag, that of the model.
    const isSecondSeed = call === "train" && row.name === "seed";
    const heading = group === undefined ? `${REST}:` : OPTION_GROUPS[group];
    expect(`${row.heading}:`).toBe(isSecondSeed ? OPTION_GROUPS.model : heading);

    expect(row.default).toBe(defaultHelp ?? (value === undefined ? "none" : `\`${String(value)}\``));

    if (choices !== undefined) expect(row.range).toBe(choices.map((word) => `\`${word}\``).join(" "));
    if (kind === "integer" || kind === "integers") {
      const range = maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`;
      expect(row.range).toMatch(new RegExp(`(^|, )${range}(;|$)`));
    }
    if (kind === "number") expect(row.range).toMatch(/\b(to|or more|above)\b/);
    if (kind === "boolean") expect(row.range).toBe("");
    expect(row.advice).not.toBe("");
  });
});
