import { writeFile } from "node:fs/promises";
import { beforeEach, expect, it } from "vitest";
import { jsonLines, run, text, useFolder } from "./run.js";

const folder = useFolder();
beforeEach(() => writeFile(folder.file("notes.txt"), text));

const gradients = (...args: readonly string[]) =>
  run(folder.path, ["gradients", "notes.txt", "--hidden-size", "16", "--seq-length", "20", ...args]);

it("shows a table and a line for each cell", async () => {
  const { status, stdout, stderr } = await gradients();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^How much .*\n(.+\n)*\nsymbols back +rnn +gru +lstm\n0 +\d\.\de/);
  expect(stdout).toMatch(/^19( +\d\.\de[+-]\d+){3}$/m);
  for (const cell of ["rnn", "gru", "lstm"])
    expect(stdout).toMatch(new RegExp(`^${cell}\n.*┤[\u2800-\u28FF]`, "m"));
  expect(await folder.names()).toEqual(["notes.txt"]);
});

it("gives one object per cell with --json", async () => {
  const { stdout } = await gradients("--cells", "min-gru,rnn", "--num-layers", "2", "--json");
  const lines = jsonLines(stdout);
  expect(lines).toMatchObject([
    { type: "gradients", cell: "min-gru" },
    { type: "gradients", cell: "rnn" },
  ]);
  const share = expect.any(Number);
  const layer = { norms: expect.any(Array), saturation: { low: share, high: share } };
  for (const { layers } of lines) expect(layers).toEqual([layer, layer]);
});

it("gives each cell its own form, and the others none of it", async () => {
  const args = ["--cells", "rnn,gru", "--json"];
  const plain = jsonLines((await gradients(...args)).stdout);
  const relu = jsonLines((await gradients(...args, "--activation", "relu")).stdout);
  const before = jsonLines((await gradients(...args, "--no-reset-after")).stdout);
  expect(relu[0]).not.toEqual(plain[0]);
  expect(relu[1]).toEqual(plain[1]);
  expect(before[0]).toEqual(plain[0]);
  expect(before[1]).not.toEqual(plain[1]);
});
