// `mynah train --from`: a model that there is, trained further, also on a text with other symbols.
import { readFile, writeFile } from "node:fs/promises";
import { beforeEach, expect, it } from "vitest";
import { TextModel } from "mynah";
import { jsonLines, run, small, text, useFolder } from "./run.js";

const folder = useFolder();
const other = "Über die Katze: Die Katze sah den Hund. ".repeat(40);

const recipe = ["--steps", "30", "--batch-size", "4", "--seq-length", "16", "--build", "simd128", "--json"];

beforeEach(async () => {
  await writeFile(folder.file("notes.txt"), text);
  await writeFile(folder.file("new.txt"), other);
  const { status, stderr } = await run(folder.path, [
    "train",
    "notes.txt",
    ...small,
    ...recipe.slice(0, 2),
    "--json",
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

const from = (...args: readonly string[]) =>
  run(folder.path, ["train", "new.txt", "--from", "notes.safetensors", ...recipe, ...args]);

async function load(name: string): Promise<TextModel> {
  return TextModel.load(await readFile(folder.file(name)), { worker: false, build: "simd128" });
}

it("goes on from the weights of the model, with its alphabet", async () => {
  const { status, stdout, stderr } = await from();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "done", path: "new.safetensors", steps: 30 });
  const [before, after] = [await load("notes.safetensors"), await load("new.safetensors")];
  expect(after.info.symbols).toBe(before.info.symbols);
  const again = await load("notes.safetensors");
  await again.train({ text: other, batchSize: 4, seqLength: 16, steps: 30, workers: 1 });
  expect(Buffer.from(await again.save()).equals(await readFile(folder.file("new.safetensors")))).toBe(true);
});

it("adds the symbols of the text where it is told to", async () => {
  const { status, stderr } = await from("--grow-alphabet");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [before, after] = [await load("notes.safetensors"), await load("new.safetensors")];
  expect(after.info.symbols.startsWith(before.info.symbols)).toBe(true);
  for (const symbol of other) expect(after.info.symbols).toContain(symbol);
});

it("shows people how it goes", async () => {
  const args = ["train", "new.txt", "--from", "notes.safetensors", "--grow-alphabet"];
  const { status, stdout, stderr } = await run(folder.path, [...args, ...recipe.slice(0, -1)]);
  expect(status).toBe(0);
  expect(stderr).toContain("Training on new.txt");
  expect(stdout).toContain("new.safetensors");
});

it.each([
  [["--hidden-size", "8"], "--hidden-size and --from exclude each other; the model is made already"],
  [["--resume", "notes.safetensors"], "--resume"],
])("is refused %j", async (args, words) => {
  const { status, stdout, stderr } = await from(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(words);
});

it("is refused a model that is none, by its name", async () => {
  const { status, stderr } = await run(folder.path, ["train", "new.txt", "--from", "notes.txt", ...recipe]);
  expect(status).toBe(1);
  expect(stderr).toContain("notes.txt");
});

it("is refused an alphabet to grow without a model", async () => {
  const { status, stderr } = await run(folder.path, ["train", "new.txt", "--grow-alphabet"]);
  expect(status).toBe(2);
  expect(stderr).toContain("--from");
});
