// Runs that are stopped by Ctrl-C and go on; killed ones are in kills.test.ts.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { jsonLines, run, small, start, text, useFolder } from "./run.js";

const folder = useFolder();
beforeEach(() => writeFile(folder.file("notes.txt"), text));

// Some seconds of steps, and the same bytes on every machine.
const recipe = [...small, "--steps", "6000", "--dropout", "0.1", "--build", "simd128"];

/** A run that is interrupted as soon as it has told so many lines. */
async function stopAfter(lines: number, ...args: readonly string[]) {
  const training = start(folder.path, ["train", "notes.txt", ...recipe, "--json", ...args]);
  await training.stdoutLines(lines);
  training.process.kill("SIGINT");
  return training.outcome;
}

const resume = (...args: readonly string[]) =>
  run(folder.path, ["train", "notes.txt", "--resume", "cut.safetensors", "--build", "simd128", ...args]);

const read = (name: string) => readFile(folder.file(name));

describe("a run that was stopped", () => {
  it("ends, when it goes on, with the bytes of the unbroken one", async () => {
    await run(folder.path, ["train", "notes.txt", ...recipe, "--out", "whole.safetensors"]);
    const stopped = await stopAfter(2, "--out", "cut.safetensors");
    expect(stopped.status).toBe(130);
    const { steps } = jsonLines(stopped.stdout).at(-1) ?? {};
    const { status, stdout, stderr } = await resume("--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = jsonLines(stdout);
    // The same step again where it was stopped between a step and its validation.
    expect(lines[0]?.["step"], "it goes on where it was").toBeGreaterThanOrEqual(Number(steps));
    expect(lines.at(-1)).toMatchObject({ type: "done", path: "cut.safetensors", steps: 6000 });
    expect((await read("cut.safetensors")).equals(await read("whole.safetensors"))).toBe(true);
  });

  it("can be used as a model meanwhile", async () => {
    await stopAfter(1, "--out", "cut.safetensors");
    const model = await TextModel.load(await read("cut.safetensors"), { worker: false });
    expect(await model.sampleText({ length: 5 })).toHaveLength(5);
  });
});

describe("a run cannot go on", () => {
  it("with another text", async () => {
    await stopAfter(1, "--out", "cut.safetensors");
    await writeFile(folder.file("notes.txt"), `${text}more`);
    const before = await read("cut.safetensors");
    const { status, stderr } = await resume();
    expect(status).toBe(1);
    expect(stderr, "said before anything else").toMatch(/^mynah: .*text.*\n$/);
    expect((await read("cut.safetensors")).equals(before), "the checkpoint is still there").toBe(true);
  });

  it("as one over documents that it was not", async () => {
    await stopAfter(1, "--out", "cut.safetensors");
    const { status, stderr } = await resume("--documents");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("--documents and --resume exclude each other"),
    });
  });

  it("from a finished model, or from nothing", async () => {
    await run(folder.path, ["train", "notes.txt", ...small, "--steps", "1", "--out", "cut.safetensors"]);
    const finished = { status: 1, stderr: expect.stringMatching(/^mynah: cut.safetensors holds .* is over/) };
    expect(await resume(), "said before anything else").toMatchObject(finished);
    await rm(folder.file("cut.safetensors"));
    expect(await resume()).toMatchObject({ status: 1, stderr: expect.stringContaining("no file cut") });
  });
});

it("a folder that is gone at the end takes no model with it", async () => {
  await mkdir(folder.file("out"));
  await mkdir(folder.file("temporary"));
  const args = ["train", "notes.txt", ...recipe, "--json", "--out", "out/notes.safetensors"];
  const env = { ...process.env, TMPDIR: folder.file("temporary") };
  const training = start(folder.path, args, "", { env });
  await training.stdoutLines(1);
  await rm(folder.file("out"), { recursive: true });
  training.process.kill("SIGINT");
  const { status, stdout, stderr } = await training.outcome;
  expect(status).toBe(1);
  expect(stderr).toBe("mynah: out/notes.safetensors cannot be written: there is no folder out\n");
  const { path } = jsonLines(stdout).at(-1) ?? {};
  expect(path).toMatch(/temporary.mynah-\w+.notes\.safetensors$/);
  const model = await TextModel.load(await readFile(String(path)), { worker: false });
  expect(model.info.hiddenSize).toBe(16);
});
