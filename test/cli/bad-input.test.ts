// Files that cannot be read, or not as what they should be: exit status 1, one sentence that names the file, nothing written.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { run, small, text, useFolder, type Outcome } from "./run.js";
import { asNobody, canBeNobody } from "./nobody.js";

const folder = useFolder();

beforeEach(async () => {
  await mkdir(folder.file("folder"));
  const files: Record<string, string | Uint8Array> = {
    "notes.txt": text,
    "empty.txt": "",
    "short.txt": "the cat",
    "latin1.txt": Buffer.from("Le caf\u00e9 est ferm\u00e9", "latin1"),
    "utf16.txt": Buffer.from("\uFEFFtext", "utf16le"),
    "image.png": new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(folder.file(name), content);
});

async function expectFailure(outcome: Outcome, ...words: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = outcome;
  expect({ status, stdout }, stderr).toEqual({ status: 1, stdout: "" });
  const sentence = stderr.trimEnd().split("\n").at(-1) ?? "";
  expect(sentence).toMatch(/^mynah: \S/);
  for (const word of words) expect(sentence).toContain(word);
  const left = (await folder.names()).filter(
    (name) => name.endsWith(".safetensors") || name.endsWith(".tmp"),
  );
  expect(left).toEqual([]);
}

describe("a text that", () => {
  it.each([
    ["is missing", "nothing.txt", "no file nothing.txt"],
    ["is missing and called as a corpus is", "fables", "no file fables;", "--corpus fables"],
    ["is in a missing folder", "nowhere/nothing.txt", "no file nowhere/nothing.txt"],
    ["is under a file", "notes.txt/x", "no file notes.txt/x"],
    ["is a folder", "folder", "folder is a folder"],
    ["is empty", "empty.txt", "empty.txt is empty"],
    ["is shorter than a window", "short.txt", "symbols"],
    ["is not UTF-8", "latin1.txt", "latin1.txt is not UTF-8", "offset 6", "line 1", "save it as UTF-8"],
    ["has no name", "", 'There is no file ""'],
    ["is UTF-16", "utf16.txt", "utf16.txt", "UTF-16"],
    ["is binary", "image.png", "image.png is not a text file", "NUL"],
  ])("%s", async (_, name, ...words) => {
    await expectFailure(await run(folder.path, ["train", name, ...small, "--steps", "1"]), ...words);
  });

  it("is a single symbol is not advised to be read in smaller windows", async () => {
    await writeFile(folder.file("one.txt"), "a");
    const args = ["train", "one.txt", "--seq-length", "1", "--validation", "0", "--steps", "1"];
    const outcome = await run(folder.path, args);
    await expectFailure(outcome, "is too short: it has 1 symbol, but at least 2 are needed");
    expect(outcome.stderr).toContain("one.txt, 1 symbol ·");
    expect(outcome.stderr).not.toContain("--seq-length");
  });

  it("is learnt by a model that no file could hold", async () => {
    const outcome = await run(folder.path, ["train", "notes.txt", "--hidden-size", "8000"]);
    await expectFailure(outcome, "977 MiB", "at most 512 MiB", "a smaller --hidden-size");
    expect(outcome.stderr).not.toMatch(/--batch-size|--seq-length| bytes/);
  });

  it.each([
    ["is empty", "", "stdin is empty"],
    ["is not UTF-8", Buffer.from([0x61, 0xff]), "stdin is not UTF-8"],
  ] as const)("comes from stdin and %s", async (_, stdin, words) => {
    await expectFailure(await run(folder.path, ["train", "-", "--out", "x.safetensors"], stdin), words);
  });

  it.skipIf(!canBeNobody)("may not be read", async () => {
    await chmod(folder.file("notes.txt"), 0o200);
    await chmod(folder.path, 0o777);
    const outcome = await run(folder.path, ["train", "notes.txt"], undefined, asNobody);
    await expectFailure(outcome, "notes.txt may not be read", "permission");
  });

  it("is the same with --json", async () => {
    await expectFailure(await run(folder.path, ["train", "nothing.txt", "--json"]), "no file nothing.txt");
  });
});

describe("an output that", () => {
  const train = (out: string) =>
    run(folder.path, ["train", "notes.txt", ...small, "--steps", "1", "--out", out]);

  it.each([
    ["is a folder", "folder", "folder cannot be written: it is a folder"],
    ["is in a missing folder", "nowhere/x", "there is no folder nowhere"],
    ["is under a file", "notes.txt/x", "notes.txt is not a folder"],
    ["is a device", "/dev/null", "not an ordinary file"],
    ["has too long a name", "x".repeat(300), "too long"],
    ["is stdout", "-", "cannot be written"],
    ["is nothing", "", "cannot be written"],
  ])("%s is refused before the training", async (_, out, words) => {
    const outcome = await train(out);
    await expectFailure(outcome, words);
    expect(outcome.stderr, "it did not even begin").not.toContain("Training on");
  });

  it.skipIf(!canBeNobody)("is in a folder that may not be written to", async () => {
    await chmod(folder.path, 0o755);
    const outcome = await run(folder.path, ["train", "notes.txt"], undefined, asNobody);
    await expectFailure(outcome, "notes.safetensors cannot be written: permission denied");
  });

  it.skipIf(!canBeNobody)("is a file that may not be written to", async () => {
    await chmod(folder.path, 0o777);
    await writeFile(folder.file("kept"), "kept", { mode: 0o444 });
    const outcome = await run(folder.path, ["train", "notes.txt", "--out", "kept"], undefined, asNobody);
    await expectFailure(outcome, "kept cannot be written: permission denied");
  });
});

it("a name with control characters does not reach the terminal raw", async () => {
  const { status, stderr } = await run(folder.path, ["inspect", "\u001B[31m\nnothing"]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "mynah: There is no file \uFFFD[31m nothing\n" });
});

describe("a model that", () => {
  it.each([
    ["is missing", "nothing", "no file nothing"],
    ["is a folder", "folder", "folder is a folder"],
    ["is empty", "empty.txt", "empty.txt: not a usable model file"],
    ["is a text", "notes.txt", "notes.txt: not a usable model file"],
    ["is an image", "image.png", "image.png: not a usable model file"],
  ])("%s", async (_, name, words) => {
    for (const args of [
      ["sample", name],
      ["eval", name, "notes.txt"],
      ["inspect", name],
    ]) {
      await expectFailure(await run(folder.path, args), words);
    }
  });
});
