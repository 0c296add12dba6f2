import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addFlags, pickOptions, withFlagNames } from "../../../ts/src/cli/flags.js";

const parse = (...args: string[]) => {
  const command = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  addFlags(command, ["create", "train"]);
  return command.parse(args, { from: "user" }).opts();
};

describe("flags", () => {
  it("are the options in kebab case, and only those that were given", () => {
    const flags = parse(
      "--hidden-size",
      "32",
      "--learning-rate",
      "1e-3",
      "--cell",
      "lstm",
      "--no-reset-after",
    );
    expect(flags).toEqual({ hiddenSize: 32, learningRate: 0.001, cell: "lstm", resetAfter: false });
    expect(pickOptions("create", flags)).toEqual({ hiddenSize: 32, cell: "lstm", resetAfter: false });
    expect(pickOptions("train", flags)).toEqual({ learningRate: 0.001 });
  });

  it("set nothing by themselves", () => {
    expect(parse()).toEqual({});
  });

  it("are absent where they make no sense", () => {
    for (const flag of ["--text", "--signal", "--worker"])
      expect(() => parse(flag, "x")).toThrow("unknown option");
  });

  it.each(["", " ", "abc", "1.5", "12px", "-1", "NaN", "Infinity", "1e99", "99999999999"])(
    "refuse %j where a whole number is wanted",
    (value) => {
      expect(() => parse("--hidden-size", value)).toThrow("whole number");
    },
  );
});

it.each([
  ["hiddenSize is 0, but must be a whole number", "--hidden-size is 0, but must be a whole number"],
  ["steps is 0, but must be 1 or more", "--steps is 0, but must be 1 or more"],
  ["try a lower learningRate or a lower clipNorm", "try a lower --learning-rate or a lower --clip-norm"],
  ['the prompt is odd; set unknown to "replace"', 'the prompt is odd; set --unknown to "replace"'],
  ["the text has 7 symbols in 3 steps", "the text has 7 symbols in 3 steps"],
  ['activation is an option of cell "rnn" only', '--activation is an option of cell "rnn" only'],
])("%j reads %j on the command line", (message, shown) => {
  expect(withFlagNames(message)).toBe(shown);
});
