import { expect, it } from "vitest";
import { bytesOf } from "../../../ts/src/engine/source-bytes.js";

it.each([
  ["abcd", 4],
  ["aé", 3],
  ["狼来了", 9],
  ["a🙂", 5],
  // Half of a pair is read as U+FFFD.
  ["a\uD83D", 4],
])("%j takes %d bytes", (text, bytes) => {
  expect(bytesOf({ text })).toBe(bytes);
  const piece = new TextEncoder().encode(text);
  expect(bytesOf({ text: { pieces: [piece, piece], length: 2 * text.length } })).toBe(2 * bytes);
});

it("the end of a document takes none", () => {
  expect(bytesOf({ documents: ["abc", "", "é"], conditions: new Float32Array() })).toBe(5);
});
