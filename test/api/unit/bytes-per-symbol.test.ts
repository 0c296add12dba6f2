import { expect, it } from "vitest";
import { bytesPerSymbol } from "../../../ts/src/engine/bytes-per-symbol.js";

it.each([
  ["abcd", 1],
  ["aé", 1.5],
  ["狼来了", 3],
  ["a🙂", 2.5],
  // Half of a pair is read as U+FFFD.
  ["a\uD83D", 2],
])("a symbol of %j takes %d bytes", (text, bytes) => {
  expect(bytesPerSymbol({ text })).toBe(bytes);
  const piece = new TextEncoder().encode(text);
  expect(bytesPerSymbol({ text: { pieces: [piece], length: text.length } })).toBe(bytes);
});

it("the end of a document is a symbol without bytes, and an empty one has none", () => {
  const documents = ["abc", "", "é"];
  expect(bytesPerSymbol({ documents, conditions: new Float32Array() })).toBe(5 / 6);
});
