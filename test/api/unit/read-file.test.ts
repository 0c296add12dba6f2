// A file that is read in pieces, and what becomes of it meanwhile.
import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readFileInPieces } from "../../../ts/src/files/read-file.js";

/** Several pieces, none of which is as another. */
const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * i) >>> 7);

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-read-"));
  path = join(folder, "notes.txt");
  await writeFile(path, bytes);
});
afterEach(() => rm(folder, { recursive: true }));

/** All of it, with something done after the first piece. */
async function read(meanwhile?: () => Promise<void>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readFileInPieces(path)) {
    if (pieces.length === 0) await meanwhile?.();
    pieces.push(piece);
  }
  expect(pieces.length).toBeGreaterThan(1);
  return Buffer.concat(pieces);
}

it("comes whole", async () => {
  expect((await read()).equals(bytes)).toBe(true);
});

it.each<[string, () => Promise<void>]>([
  ["longer", () => appendFile(path, "more")],
  ["shorter", () => truncate(path, 700_000)],
  ["another of the same length", () => writeFile(path, bytes.toReversed())],
])("is refused where it has become %s", async (_, change) => {
  // So that the time of the change is another one, however coarse the clock of the file system.
  await utimes(path, new Date(0), new Date(0));
  await expect(read(change)).rejects.toMatchObject({
    code: "unreadable-file",
    message: expect.stringContaining(`${path} was changed while it was read`),
  });
});

it("is read as it was where another one takes its place", async () => {
  const other = join(folder, "other.txt");
  await writeFile(other, "another text");
  expect((await read(() => rename(other, path))).equals(bytes)).toBe(true);
});

it("can be left", async () => {
  for await (const piece of readFileInPieces(path)) {
    expect(piece.length).toBeLessThan(bytes.length);
    break;
  }
  await writeFile(path, "x");
  for await (const piece of readFileInPieces(path)) expect(piece).toEqual(Uint8Array.of(0x78));
});
