import { expect, it } from "vitest";
import {
  clip,
  cutAtSentence,
  pad,
  printable,
  tidy,
  widthOf,
  wrap,
} from "../../../ts/src/cli/view/text-layout.js";

it("breaks lines at spaces", () => {
  expect(wrap("the quick brown fox", 10)).toEqual(["the quick", "brown fox"]);
  expect(wrap("the quick\n\nbrown", 20)).toEqual(["the quick", "", "brown"]);
  expect(wrap("ab cd", 2)).toEqual(["ab", "cd"]);
});

it("breaks a word that is longer than a line", () => {
  expect(wrap("Pachycephalosaurus", 8)).toEqual(["Pachycep", "halosaur", "us"]);
});

it("breaks between wide characters, which take two columns", () => {
  expect(wrap("乌龟背着信上路了", 6)).toEqual(["乌龟背", "着信上", "路了"]);
  expect(wrap("a乌龟背着", 6)).toEqual(["a乌龟", "背着"]);
});

it("keeps what belongs together", () => {
  const family = "👨‍👩‍👧";
  expect(wrap(`${family}${family}`, 2)).toEqual([family, family]);
});

it.each(["the quick brown fox jumps over", "乌龟背着信上路了。他走过麦田", "a 乌 bb 龟 ccc", "x".repeat(50)])(
  "loses nothing but spaces of %s, and no line is too wide",
  (text) => {
    for (const columns of [2, 3, 7, 12, 80]) {
      const lines = wrap(text, columns);
      expect(lines.join("").replace(/ /g, "")).toBe(text.replace(/ /g, ""));
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  },
);

it("disarms what a terminal would obey", () => {
  expect(printable("a\u001B[31mb\u0007\u009Bc\u202Ed")).toBe("a\uFFFD[31mb\uFFFD\uFFFDc\uFFFDd");
  expect(printable("a\r\nb\rc\td\n")).toBe("a\nb\nc    d\n");
  expect(tidy("\n\na\n\n\n\nb\n")).toBe("a\n\nb");
});

it("cuts and fills up by columns", () => {
  expect(clip("abcdef", 6)).toBe("abcdef");
  expect(clip("abcdef", 5)).toBe("abcd…");
  expect(clip("乌龟送信", 6)).toBe("乌龟…");
  expect(pad("乌龟", 6)).toBe("乌龟  ");
});

it.each([
  ["after a sentence", "He went home. She sang. And th", "He went home. She sang."],
  [
    "after the quote that closes it",
    'He went. "So!" she said, "it is late." And th',
    'He went. "So!" she said, "it is late."',
  ],
  ["after a Chinese sentence", "乌龟送信。山羊和熊吵了一架。山羊", "乌龟送信。山羊和熊吵了一架。"],
  [
    "after a word, where the last sentence ends too early",
    "No. And then he went on and on thro",
    "No. And then he went on and on",
  ],
  ["after a line", "Tyrannosaurus\nDiplodocus\nVeloci", "Tyrannosaurus\nDiplodocus"],
  [
    "not within a number",
    "It weighs about as much as 3.14159 of th",
    "It weighs about as much as 3.14159 of",
  ],
  ["nowhere, where nothing ends", "abcdefgh", "abcdefgh"],
])("a text is cut %s", (_, text, cut) => {
  expect(cutAtSentence(text)).toBe(cut);
});
