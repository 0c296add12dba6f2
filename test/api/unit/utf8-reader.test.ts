// UTF-8 that comes in pieces of every size: the text, and the place of what is none, are those of the whole.
import { expect, it } from "vitest";
import { decodeText, Utf8Reader } from "../../../ts/src/corpora/utf8-reader.js";

const encode = (text: string): number[] => [...new TextEncoder().encode(text)];

function readInPiecesOf(size: number, bytes: readonly number[]): string {
  const reader = new Utf8Reader("x.txt");
  let text = "";
  for (let at = 0; at < bytes.length; at += size) {
    text += reader.read(Uint8Array.from(bytes.slice(at, at + size)));
  }
  reader.end();
  return text;
}

const sizes = [1, 2, 3, 4, 5, 100];

it.each(sizes)("a text in pieces of %d bytes is that of the whole", (size) => {
  const text = "aé狼🙂\r\n\uFEFF\u{10FFFF}z";
  expect(readInPiecesOf(size, encode(text))).toBe(text);
  expect(readInPiecesOf(size, [0xef, 0xbb, 0xbf, ...encode(text)])).toBe(text);
});

it.each(
  (
    [
      ["a stray byte", [...encode("ab\ncd"), 0xff, 0x65]],
      ["a character whose rest is wrong", [0x61, 0xe9, 0x62, 0x63]],
      ["a character cut short by the end", [...encode("abc\n"), 0xe4, 0xb9]],
      ["continuations without a start", [0x80, 0x80, 0x80, 0x80]],
      ["a surrogate", [...encode("乌\n"), 0xed, 0xa0, 0x80]],
      ["an overlong form", [0x61, 0xc0, 0xaf]],
      ["a NUL", [...encode("ab狼"), 0, 0x61]],
      ["nothing", []],
    ] as const
  ).flatMap(([name, bytes]) => sizes.map((size) => ({ name, bytes, size }))),
)("$name in pieces of $size bytes is refused as in the whole", ({ bytes, size }) => {
  const errorOf = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      const { code, message } = error as { code: unknown; message: unknown };
      return { code, message };
    }
  };
  const ofWhole = errorOf(() => decodeText(Uint8Array.from(bytes), "x.txt"));
  expect(ofWhole).toHaveProperty("code");
  expect(errorOf(() => readInPiecesOf(size, bytes))).toEqual(ofWhole);
});
