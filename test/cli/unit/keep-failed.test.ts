// What is said and kept of a run that failed. Loading is pretended: the tests of the sources have no WebAssembly.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TrainedFiles } from "../../../ts/src/cli/files/trained-files.js";
import { keepFailed, pointToCheckpoint } from "../../../ts/src/cli/keep-failed.js";
import { MynahError } from "../../../ts/src/errors.js";

const good = Buffer.from("a good model");
const damaged = Buffer.from("weights that are not finite");

vi.mock("../../../ts/src/cli/files/load-model.js", () => ({
  checkLoadable: async (bytes: Uint8Array) => {
    if (!Buffer.from(bytes).equals(good)) throw new MynahError("bad-model-file", "not a usable model file");
  },
}));

let folder = "";
let path = "";
let said: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-test-"));
  path = join(folder, "x.safetensors");
  said = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => said.push(String(line)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const diverged = new MynahError("non-finite-loss", "the loss is not finite");
const names = async () => (await readdir(folder)).toSorted();

async function fail(bytes: Uint8Array, failure: Error, saved?: number) {
  const model = { save: async () => bytes, saveCheckpoint: async () => bytes };
  const files = await TrainedFiles.check(path);
  const source = { kind: "file", path: "notes.txt" } as const;
  await keepFailed(
    model as never,
    { failure, steps: 3, diagnosis: undefined },
    { source, files, checkpoints: { saved } },
  );
  return files;
}

it("takes the place of nothing, not even of what an earlier run has left", async () => {
  for (const left of ["x.failed.safetensors", "x.failed-2.safetensors", "x.failed-3.safetensors"]) {
    said = [];
    await fail(good, diverged);
    expect(said.join("")).toBe(
      `The run failed after 3 steps. Saved what it had learnt: ${join(folder, left)} (12 bytes).\n`,
    );
    expect(await names()).toContain(left);
    await writeFile(join(folder, left), left);
  }
  expect(await readFile(join(folder, "x.failed.safetensors"), "utf8")).toBe("x.failed.safetensors");
});

it("goes elsewhere where the folder takes no file any more, and says why", async () => {
  const files = await TrainedFiles.check(path);
  const gone = join(folder, "gone");
  vi.spyOn(files.wanted, "path", "get").mockReturnValue(join(gone, "x.safetensors"));
  const { path: refuge, failure } = await files.writeFailed(good);
  expect(refuge).toMatch(/mynah-\w+.x\.failed\.safetensors$/);
  expect(await readFile(refuge)).toEqual(good);
  await rm(join(refuge, ".."), { recursive: true });
  expect(failure).toMatchObject({ code: "unwritable-output", message: expect.stringContaining("no folder") });
});

it("keeps and offers no file that cannot be loaded", async () => {
  await fail(damaged, diverged);
  expect(await names()).toEqual([]);
  expect(said.join("")).toBe(
    "The run failed after 3 steps, and what it had learnt could not be saved: not a usable model file\n",
  );
});

it("offers an autosave that is there and can be loaded, and no other", async () => {
  await writeFile(path, good);
  const files = await fail(damaged, diverged, 7);
  expect(said.at(-1)).toBe(
    `The autosave of step 7 is good: ${path}. Go on with: npx mynah train notes.txt --resume ${path}\n`,
  );
  const point = () =>
    pointToCheckpoint({ source: { kind: "file", path: "notes.txt" }, files, checkpoints: { saved: 7 } });
  await writeFile(path, damaged);
  await point();
  expect(said.at(-1)).toBe(`The autosave of step 7, ${path}, is of no use: not a usable model file\n`);
  await rm(path);
  await point();
  expect(said.at(-1)).toBe(`The autosave of step 7, ${path}, is of no use: There is no file ${path}\n`);
});
