import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addFlags, pickOptions, refuseOptions, withFlagNames } from "../../../ts/src/cli/flags.js";
import { TRAINING_GROUPS } from "../../../ts/src/options/spec.js";

const parse = (...args: string[]) => {
  const command = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  addFlags(command, ["create", "train"]);
  return command.parse(args, { from: "user" }).opts();
};

const help = () => {
  const command = new Command();
  addFlags(command, ["create", "train"]);
  return command.helpInformation();
};

describe("flags", () => {
  it("take one whole number, or a list of them where that makes sense", () => {
    expect(parse("--hidden-size", "512,256")).toEqual({ hiddenSize: [512, 256] });
    expect(parse("--hidden-size", "512, 256")).toEqual({ hiddenSize: [512, 256] });
    for (const list of ["512,", ",", "512,0", "512,1.5"]) {
      expect(() => parse("--hidden-size", list), list).toThrow("list");
    }
    expect(() => parse("--num-layers", "1,2")).toThrow("whole number");
  });

  it("switch on what is off by default, and off what is on", () => {
    expect(parse("--layer-norm", "--no-keep-best")).toEqual({ layerNorm: true, keepBest: false });
    expect(parse("--no-layer-norm", "--keep-best")).toEqual({ layerNorm: false, keepBest: true });
    expect(parse("--tie-weights")).toEqual({ tieWeights: true });
    expect(help()).toContain("  --layer-norm ");
    expect(help()).not.toContain("--no-layer-norm");
    expect(help()).toContain("  --no-keep-best ");
    expect(help()).not.toContain("  --keep-best ");
    // Which of them changes something depends on the text.
    expect(help()).toContain("  --tie-weights ");
    expect(help()).toContain("  --no-tie-weights ");
  });

  it("come under headings, those for beginners first", () => {
    const headings = help()
      .split("\n")
      .filter((line) => /^\S.*:$/.test(line));
    expect(headings).toEqual(["Options:", ...Object.values(TRAINING_GROUPS)]);
  });

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

  it("may begin with no- without being the opposite of another", () => {
    const command = new Command();
    addFlags(command, ["sample"]);
    const args = ["--no-repeat-ngram", "4"];
    expect(command.parse(args, { from: "user" }).opts()).toEqual({ noRepeatNgram: 4 });
  });

  it("are a list where they may be given several times", () => {
    const command = new Command();
    addFlags(command, ["sample"]);
    const args = ["--stop", "a", "--stop", "b,c"];
    expect(command.parse(args, { from: "user" }).opts()).toEqual({ stop: ["a", "b,c"] });
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

it("flags that do not go with another one are refused, with its name", () => {
  const refuse = (...flags: string[]) =>
    refuseOptions(["create", "train"], parse(...flags), ["build"], "--resume");
  expect(() => refuse("--build", "simd128")).not.toThrow();
  expect(() => refuse("--build", "simd128", "--hidden-size", "8")).toThrow(
    expect.objectContaining({
      code: "contradictory-options",
      message: expect.stringMatching(/^--hidden-size and --resume exclude/),
    }),
  );
});

it.each([
  ["hiddenSize is 0, but must be a whole number", "--hidden-size is 0, but must be a whole number"],
  ["steps is 0, but must be 1 or more", "--steps is 0, but must be 1 or more"],
  ["try a lower learningRate or a lower clipNorm", "try a lower --learning-rate or a lower --clip-norm"],
  ['the prompt is odd; set unknown to "bytes"', 'the prompt is odd; set --unknown to "bytes"'],
  ["the text has 7 symbols in 3 steps", "the text has 7 symbols in 3 steps"],
  ['activation goes with cell "rnn" only', '--activation goes with cell "rnn" only'],
])("%j reads %j on the command line", (message, shown) => {
  expect(withFlagNames(message)).toBe(shown);
});
