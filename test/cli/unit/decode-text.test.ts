import { constants } from "node:buffer";
import { describe, expect, it } from "vitest";
import { decodeText } from "../../../ts/src/corpora/utf8-reader.js";

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

it.each(["plain", "zwei Wörter", "乌龟送信", "🙂", "a\r\nb\n", "\u{10FFFF}"])("%s comes as it is", (text) => {
  expect(decodeText(bytes(text), "x")).toBe(text);
});

it("a byte order mark is dropped", () => {
  expect(decodeText(bytes([0xef, 0xbb, 0xbf], "text"), "x")).toBe("text");
});

describe("refused", () => {
  const refusal = (code: string, ...words: string[]) =>
    expect.objectContaining({ code, message: expect.stringMatching(words.join(".*")) });

  it.each([
    ["a stray byte", bytes("ab\ncd", [0xff], "ef"), 5, 2],
    ["a character whose rest is wrong", bytes("a", [0xe9], "bc"), 1, 1],
    ["a character cut short by the end", bytes("abc", [0xe4, 0xb9]), 3, 1],
    ["a continuation without a start", bytes([0x80]), 0, 1],
    ["a surrogate", bytes("乌\n", [0xed, 0xa0, 0x80]), 4, 2],
    ["an overlong form", bytes("a", [0xc0, 0xaf]), 1, 1],
  ])("%s, with its place", (_, bad, offset, line) => {
    expect(() => decodeText(bad, "x.txt")).toThrow(
      refusal("invalid-utf8", "x.txt", `offset ${offset} `, `line ${line}`),
    );
  });

  it("a file of NULs and the like", () => {
    expect(() => decodeText(bytes("GIF8", [0, 1, 2]), "x.gif")).toThrow(
      refusal("binary-file", "x.gif", "offset 4"),
    );
  });

  it("UTF-16, by its name", () => {
    expect(() => decodeText(bytes([0xff, 0xfe, 0x61, 0]), "x")).toThrow(refusal("invalid-utf8", "UTF-16"));
  });

  it("a text that no string can hold", () => {
    const huge = new Uint8Array(constants.MAX_STRING_LENGTH + 1).fill(0x61);
    expect(() => decodeText(huge, "x.txt")).toThrow(refusal("text-too-long", "x.txt has 536 MB"));
  });

  it("nothing, or next to it", () => {
    expect(() => decodeText(bytes(), "x")).toThrow(refusal("empty-text", "x"));
    expect(() => decodeText(bytes([0xef, 0xbb, 0xbf]), "x")).toThrow(refusal("empty-text", "mark"));
  });
});
