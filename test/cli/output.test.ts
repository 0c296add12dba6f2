// Where a model may go, and where it may not.
import { spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { cli, run, small, text, useFolder } from "./run.js";

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

// Linux has a device that is always full.
describe.skipIf(!existsSync("/dev/full"))("a full disk behind stdout", () => {
  function withFullStdout(...args: readonly string[]) {
    const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
    return spawnSync(process.execPath, [cli, ...args], {
      cwd: folder.path,
      stdio: [...stdio],
      encoding: "utf8",
    });
  }

  it("stops the training, which is saved", async () => {
    const { status, stderr } = withFullStdout("train", "notes.txt", ...small, "--seconds", "60", "--json");
    expect(status).toBe(130);
    expect(stderr, "said once").toMatch(/^mynah: stdout cannot be written: .*\n$/);
    await TextModel.load(await readFile(folder.file("notes.safetensors")), { worker: false });
  });

  it("is a failure of a training that has nothing to say before its end, and is saved", async () => {
    const { status, stderr } = withFullStdout("train", "notes.txt", ...small, "--steps", "2");
    expect(status).toBe(1);
    expect(stderr.match(/stdout cannot be written/g)).toHaveLength(1);
    expect(await folder.names()).toContain("notes.safetensors");
  });

  it.each([["manual"], ["completion", "bash"], ["--help"], ["train", "--help"], ["--version"]])(
    "is a failure of %s, told in a sentence",
    (...args) => {
      const { status, stderr } = withFullStdout(...args);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^mynah: stdout cannot be written: .*\n$/);
    },
  );

  it.each(["sample", "inspect"])("is a failure of %s, told in a sentence", async (command) => {
    await train("notes.txt");
    const { status, stderr } = withFullStdout(command, "notes.safetensors");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^mynah: stdout cannot be written: .*\n$/);
  });
});
