// mynah suggest on a model that was trained once for all of them.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMPLETION_DEFAULTS, TextModel } from "mynah";
import { jsonLines, run, small, text } from "./run.js";

let folder = "";

const train = (out: string, ...flags: readonly string[]) =>
  run(folder, ["train", "notes.txt", ...small, "--learning-rate", "0.01", "--out", out, ...flags]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-cli-"));
  await writeFile(join(folder, "notes.txt"), text);
  const { status, stderr } = await train("model", "--steps", "120");
  expect(status, stderr).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("mynah suggest", () => {
  const suggest = (args: readonly string[], stdin?: string) =>
    run(folder, ["suggest", "model", "--build", "simd128", ...args], stdin);

  it("does what the library does, with --json", async () => {
    const { status, stdout, stderr } = await suggest(["the cat saw the do", "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const file = await readFile(join(folder, "model"));
    await using model = await TextModel.load(file, { worker: false, build: "simd128" });
    const session = await model.session();
    await session.feed("the cat saw the do");
    const expected = await session.suggest();
    expect(expected).toHaveLength(COMPLETION_DEFAULTS.n);
    expect(jsonLines(stdout)).toEqual(expected.map((one) => ({ type: "completion", ...one })));
  });

  it("shows people the likeliest first", async () => {
    const { stdout } = await suggest(["the cat saw the do", "--n", "2", "--unit", "symbol"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^ ?\d+\.\d % {2}"g"$/);
  });

  it("reads stdin, without the line end that a shell adds", async () => {
    const ofArgument = await suggest(["the o", "--json"]);
    for (const end of ["", "\n", "\r\n"])
      expect(await suggest(["-", "--json"], `the o${end}`)).toEqual(ofArgument);
  });

  it("reads what the model does not know as its bytes, or refuses it, if told to", async () => {
    const { status, stdout, stderr } = await suggest(["the § ", "--unknown", "error"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^mynah: .*§.*--unknown.*\n$/);
    expect(await suggest(["the § "])).toMatchObject({ status: 0, stderr: "" });
  });

  it("refuses a model that reads both ways", async () => {
    await train("both", "--bidirectional", "--steps", "1");
    const { status, stdout, stderr } = await run(folder, ["suggest", "both", "the "]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^mynah: .*bidirectional.*\n$/);
  });
});
