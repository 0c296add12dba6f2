// Texts as the commands read them: in pieces, of which no string is ever made.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeptText } from "../../../ts/src/cli/files/kept-text.js";
import { readInPieces, sourceOf } from "../../../ts/src/cli/files/training-source.js";
import { resolveSource } from "../../../ts/src/corpora/text-source.js";
import { stringOf } from "../../../ts/src/corpora/read-text.js";

// In bytes, of a file; longer than any piece.
const LONG = 3_000_000;
const LONGEST_PIECE = 2 ** 20;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mynah-kept-"));
  path = join(folder, "notes.txt");
});
afterEach(() => rm(folder, { recursive: true }));

const source = () => ({ kind: "file", path }) as const;

/** The strings of an input, one after the other. */
async function stringsIn(given: unknown): Promise<string[]> {
  const strings: string[] = [];
  for await (const string of given as AsyncIterable<string>) strings.push(string);
  return strings;
}

describe("a text", () => {
  it("is handed on as it comes", async () => {
    const text = "狼 ab\r\n".repeat(LONG / 8);
    await writeFile(path, text);
    for (const isList of [false, true]) {
      const { text: whole, documents } = sourceOf(source(), isList);
      const strings = await stringsIn(isList ? documents : whole);
      expect(strings.join("")).toBe(text);
      expect(Math.max(...strings.map(({ length }) => length))).toBeLessThanOrEqual(LONGEST_PIECE);
    }
  });

  it("loses one byte order mark, and keeps a second, which is a symbol", async () => {
    await writeFile(path, "\uFEFF\uFEFFab");
    expect((await stringsIn(readInPieces(source()))).join("")).toBe("\uFEFFab");
    const kept = await KeptText.read(source());
    expect({ symbols: kept.symbols, beginning: kept.beginning }).toEqual({
      symbols: 3,
      beginning: "\uFEFFab",
    });
    const { text } = (await resolveSource(kept.asSource(false))) as { text: Parameters<typeof stringOf>[0] };
    expect(stringOf(text, "text")).toBe("\uFEFFab");
  });

  it.each(["", "\uFEFF"])("that has nothing in it (%j) is refused by its name", async (nothing) => {
    await writeFile(path, nothing);
    await expect(KeptText.read(source())).rejects.toMatchObject({
      code: "empty-text",
      message: expect.stringContaining("notes.txt is empty"),
    });
  });
});

describe("a text that is kept", () => {
  it("is read any number of times, whole or line by line", async () => {
    await writeFile(path, "ab\r\n\ncd \n  \nef");
    const kept = await KeptText.read(source());
    for (let round = 0; round < 2; round++) {
      expect(await resolveSource(kept.asSource(true))).toMatchObject({ documents: ["ab", "cd ", "ef"] });
      expect((await stringsIn(kept.asSource(false).text)).join("")).toBe("ab\r\n\ncd \n  \nef");
    }
  });

  it("is planned by without being read again, but for its lines, whose reading ends with the signal", async () => {
    await writeFile(path, "狼b\ncd");
    const kept = await KeptText.read(source());
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    expect(await kept.resolve(false, aborted)).toMatchObject({ text: { length: 5 } });
    await expect(kept.resolve(true, aborted)).rejects.toBe(reason);
    const { signal } = new AbortController();
    expect(await kept.resolve(true, signal)).toMatchObject({ documents: ["狼b", "cd"] });
  });
});
