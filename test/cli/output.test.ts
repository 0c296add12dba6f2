// Where a model may go, and where it may not.
import { readFile, symlink, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { run, small, text, useFolder } from "./run.js";

const folder = useFolder();

beforeEach(() => writeFile(folder.file("notes.txt"), text));

function train(...args: readonly string[]) {
  return run(folder.path, ["train", ...args, ...small, "--steps", "2", "--json"]);
}

describe("a link cannot make the model overwrite its own text", () => {
  it.each([
    ["as the text", "link.txt", "notes.txt"],
    ["as the output", "notes.txt", "link.txt"],
  ])("%s", async (_where, source, out) => {
    await symlink("notes.txt", folder.file("link.txt"));
    const { status, stdout, stderr } = await train(source, "--out", out);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("would overwrite its own text");
    expect(await readFile(folder.file("notes.txt"), "utf8")).toBe(text);
  });
});

it("a folder's name is refused before the training, also when there is no such folder", async () => {
  const { status, stdout, stderr } = await train("notes.txt", "--out", "new/");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("new/ cannot be written: it names a folder");
});

it("a name may be as long as the file system allows", async () => {
  const name = `${"n".repeat(255 - ".safetensors".length)}.safetensors`;
  expect(await train("notes.txt", "--out", name)).toMatchObject({ status: 0, stderr: "" });
  expect(await folder.names()).toEqual([name, "notes.txt"]);
  await TextModel.load(await readFile(folder.file(name)), { worker: false });
});
