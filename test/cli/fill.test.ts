// mynah fill on a model that was trained once for all of them.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { jsonLines, run, small, text } from "./run.js";

let folder = "";

const train = (out: string, ...flags: readonly string[]) =>
  run(folder, ["train", "notes.txt", ...small, "--learning-rate", "0.01", "--out", out, ...flags]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-cli-"));
  await writeFile(join(folder, "notes.txt"), text);
  const { status, stdout, stderr } = await train("model", "--bidirectional", "--steps", "120");
  expect(status, stderr).toBe(0);
  expect(stdout, "it says how to go on").toContain("npx mynah fill model 't_e c_t ");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const loadModel = async () =>
  TextModel.load(await readFile(join(folder, "model")), { worker: false, build: "simd128" });

describe("mynah fill", () => {
  const fill = (args: readonly string[], stdin?: string) =>
    run(folder, ["fill", "model", "--build", "simd128", ...args], stdin);

  it("writes the whole text, and a line end", async () => {
    const outcome = await fill(["the c_t saw _he d_g.", "--temperature", "0"]);
    expect(outcome).toEqual({ status: 0, stdout: "the cat saw the dog.\n", stderr: "" });
  });

  it("does what the library does, with --json", async () => {
    const given = "the ___ saw the o*l.";
    const flags = ["--blank", "*", "--temperature", "2", "--sweeps", "3", "--seed", "7"];
    const { stdout } = await fill([given, ...flags, "--unknown", "bytes", "--json"]);
    await using model = await loadModel();
    const options = { text: given, blank: "*", temperature: 2, sweeps: 3, seed: 7 } as const;
    const filled = await model.fill({ ...options, unknown: "bytes" });
    expect(jsonLines(stdout)).toEqual([{ type: "fill", text: given, filled, seconds: expect.any(Number) }]);
  });

  it("reads stdin, without the line end that a shell adds", async () => {
    for (const end of ["", "\n", "\r\n"]) {
      const { stdout } = await fill(["-", "--temperature", "0", "--json"], `th_ cat.\nthe _og${end}`);
      expect(jsonLines(stdout)).toMatchObject([{ text: "th_ cat.\nthe _og", filled: "the cat.\nthe dog" }]);
    }
  });

  it.each([
    [["the § c_t", "--unknown", "error"], 1, /§.*--unknown/],
    [["the cat"], 2, /without a blank.*_/],
    [["th_", "--blank", "ab"], 2, /--blank.*exactly one symbol/],
    [[""], 1, /empty/],
  ] as const)("refuses %j", async (args, expected, words) => {
    const { status, stdout, stderr } = await fill(args);
    expect({ status, stdout }).toEqual({ status: expected, stdout: "" });
    expect(stderr).toMatch(/^mynah: .*\n$/);
    expect(stderr).toMatch(words);
  });

  it("refuses a model that reads from the left alone, and says what it takes", async () => {
    await train("one-way", "--steps", "1");
    const { status, stdout, stderr } = await run(folder, ["fill", "one-way", "th_"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^mynah: .*--bidirectional.*\n$/);
  });
});
