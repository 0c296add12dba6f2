import { expect, it } from "vitest";
import { asSource } from "../../../ts/src/cli/files/documents.js";

it("a text stays one unless it is a list", () => {
  expect(asSource("ab\ncd\n", false)).toEqual({ text: "ab\ncd\n" });
});

it("a list has a document on each line that holds something", () => {
  expect(asSource("ab\r\n\ncd \n  \nef", true)).toEqual({ documents: ["ab", "cd ", "ef"] });
});

it("a list of nothing is empty", () => {
  expect(() => asSource("\n \n", true)).toThrow(expect.objectContaining({ code: "empty-text" }));
});
