// Where a model goes when it cannot go where it should.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TrainedFiles } from "../../../ts/src/cli/files/trained-files.js";
import { MynahError } from "../../../ts/src/errors.js";
import { OutputFile } from "../../../ts/src/files/output-file.js";

const bytes = new Uint8Array([1, 2, 3]);
let folder = "";
let out = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-test-"));
  out = join(folder, "out");
  await mkdir(out);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it("a model goes to its file", async () => {
  const files = await TrainedFiles.check(join(out, "x"));
  expect(await files.write(bytes)).toEqual({ path: join(out, "x"), hasReplaced: false });
  const again = await TrainedFiles.check(join(out, "x"));
  expect(await again.write(bytes)).toMatchObject({ hasReplaced: true });
});

it("of a file that came to its place meanwhile it is said that it is replaced, of its own checkpoints not", async () => {
  const path = join(out, "x");
  const files = await TrainedFiles.check(path);
  await files.wanted.write(bytes);
  expect(await files.write(bytes)).toMatchObject({ hasReplaced: false });
  const late = await TrainedFiles.check(join(out, "y"));
  await writeFile(join(out, "y"), "of somebody else");
  expect(await late.write(bytes)).toMatchObject({ hasReplaced: true });
});

it("a model whose folder is gone goes to a new temporary folder, and it is said why", async () => {
  const files = await TrainedFiles.check(join(out, "notes.safetensors"));
  await rm(out, { recursive: true });
  const refuge = join(folder, "temporary");
  await mkdir(refuge);
  vi.stubEnv("TMPDIR", refuge);
  const { path, hasReplaced, failure } = await files.write(bytes);
  expect(path).toMatch(/temporary.mynah-\w+.notes\.safetensors$/);
  expect([...(await readFile(path))]).toEqual([...bytes]);
  expect(hasReplaced).toBe(false);
  expect(failure).toMatchObject({ code: "unwritable-output", message: expect.stringContaining("no folder") });
});

it("where that takes no file either, it goes to the current folder", async () => {
  const files = await TrainedFiles.check(join(out, "x"));
  await rm(out, { recursive: true });
  await writeFile(join(folder, "file"), "");
  vi.stubEnv("TMPDIR", join(folder, "file"));
  const before = new Set(await readdir("."));
  const { path } = await files.write(bytes);
  expect(path).toMatch(/^mynah-\w+.x$/);
  for (const name of await readdir(".")) if (!before.has(name)) await rm(name, { recursive: true });
});

it("where nothing takes it, no folder is left that was made for it", async () => {
  const files = await TrainedFiles.check(join(out, "x"));
  const refuge = join(folder, "temporary");
  await mkdir(refuge);
  vi.stubEnv("TMPDIR", refuge);
  const foldersHere = async () => (await readdir(".")).filter((name) => name.startsWith("mynah-"));
  const before = await foldersHere();
  const full = new MynahError("storage-full", "the disk is full");
  const write = vi.spyOn(OutputFile.prototype, "write").mockRejectedValue(full);
  onTestFinished(() => write.mockRestore());
  await expect(files.write(bytes)).rejects.toBe(full);
  expect(write).toHaveBeenCalledTimes(3);
  expect(await readdir(refuge)).toEqual([]);
  expect(await foldersHere()).toEqual(before);
});

describe("a checkpoint", () => {
  /** No more than its header says anything of a file. */
  function modelFile(metadata: object): Uint8Array {
    const header = Buffer.from(JSON.stringify({ __metadata__: metadata }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header]);
  }
  const finished = modelFile({});
  const path = () => join(out, "x.safetensors");
  const names = () => readdir(out);

  it.each([
    ["a finished model", finished, ["x.previous.safetensors", "x.safetensors"]],
    ["a checkpoint", modelFile({ training: "{}" }), ["x.safetensors"]],
    ["a text", Buffer.from("no model, but longer than a length"), ["x.safetensors"]],
    ["an empty file", Buffer.alloc(0), ["x.safetensors"]],
  ])("that takes the place of %s", async (_, there, left) => {
    await writeFile(path(), there);
    const files = await TrainedFiles.check(path());
    await files.writeCheckpoint(bytes);
    await files.writeCheckpoint(bytes);
    expect((await names()).toSorted()).toEqual(left);
    if (left.length > 1) expect(await readFile(join(out, left[0] ?? ""))).toEqual(Buffer.from(finished));
    await files.write(bytes);
    expect(await names(), "the end of the run takes its place").toEqual(["x.safetensors"]);
  });

  it("that cannot be written leaves no second name", async () => {
    await writeFile(path(), finished);
    const files = await TrainedFiles.check(path());
    const full = new MynahError("storage-full", "the disk is full");
    const write = vi.spyOn(files.wanted, "write").mockRejectedValueOnce(full);
    await expect(files.writeCheckpoint(bytes)).rejects.toBe(full);
    write.mockRestore();
    expect(await names()).toEqual(["x.safetensors"]);
    expect(files.previous).toBeUndefined();
  });

  it("of a run that has begun with the model keeps it, too", async () => {
    await writeFile(path(), finished);
    const files = await TrainedFiles.check(path(), join(out, "..", "out", "x.safetensors"));
    expect(files.willReplace).toBe(false);
    const previous = join(out, "x.previous.safetensors");
    expect(await files.writeLastCheckpoint(bytes)).toEqual({ path: path(), hasReplaced: false, previous });
    expect(await readFile(previous)).toEqual(Buffer.from(finished));
  });
});
