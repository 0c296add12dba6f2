// A text that is read in pieces is folded and cut as it is as a whole, wherever a piece ends.
import { describe, expect, it } from "vitest";
import { collectText, stringOf, type ReadText } from "../../../ts/src/corpora/read-text.js";
import { fold, foldSource, type Folding } from "../../../ts/src/tokenizer/folding.js";
import { linesOf, piecesOf } from "../../../ts/src/tokenizer/pieces.js";

const PIECE = 1 << 20;

/** As from a file. */
function readFrom(text: string): Promise<ReadText> {
  return collectText(
    (async function* () {
      yield text;
    })(),
    "text",
  );
}

/** A text in whose middle a piece ends, after so many bytes of what stands there. */
function across(filler: string, middle: string, bytes: number): string {
  const size = new TextEncoder().encode(filler).length;
  const count = Math.floor((PIECE - bytes) / size);
  return "x".repeat(PIECE - bytes - count * size) + filler.repeat(count) + middle + filler.repeat(9);
}

const FAMILY = "👩‍👩‍👧";

describe.each([
  ["lines", "the cat\n"],
  ["one line", "the cat "],
])("in %s", (_, filler) => {
  it("a word that goes over the end of a piece is one word", async () => {
    const text = `${across(filler, " Zauberwort ", 5)} Zauberwort `;
    const whole = piecesOf("words", { text });
    expect(whole).toContain(" Zauberwort");
    expect(piecesOf("words", { text: await readFrom(text) })).toEqual(whole);
    // Folded, it comes in other pieces.
    const folding: Folding = { normalization: "NFC", caseFolding: true };
    const folded = foldSource({ text: await readFrom(text) }, folding);
    expect(piecesOf("words", folded)).toEqual(piecesOf("words", { text: fold(text, folding) }));
  });

  it("a grapheme cluster that goes over the end of a piece is one cluster", async () => {
    const text = across(filler, FAMILY, 7);
    expect(piecesOf("graphemes", { text })).toEqual([FAMILY]);
    expect(piecesOf("graphemes", { text: await readFrom(text) })).toEqual([FAMILY]);
  });
});

it.each([
  ["Chinese without a space", "狼来了。", "NFC"],
  ["marks", "e\u0301", "NFC"],
  ["Korean letters", "\u1100\u1161\u11a8", "NFC"],
  ["Korean and Japanese of half width", "ﾡￂｶﾞ", "NFKC"],
  ["marks of another plane", "\u{1d165}\u{1d15f}\u{11099}\u{110ba}", "NFD"],
] as const)(
  "%s is folded as a whole, and in pieces that are no longer than usual",
  async (_, part, normalization) => {
    const folding: Folding = { normalization, caseFolding: true };
    for (const shift of ["", "a", "ab", "abc"]) {
      const text = shift + part.repeat(3 * Math.ceil(PIECE / part.length / 2));
      const { text: folded } = foldSource({ text: await readFrom(text) }, folding) as { text: ReadText };
      expect(stringOf(folded, "text") === fold(text, folding)).toBe(true);
      expect(folded.length).toBe(fold(text, folding).length);
      expect(Math.max(...folded.pieces.map(({ length }) => length))).toBeLessThan(2 * PIECE);
    }
  },
);

it("a row of marks without an end is kept in pieces, too", async () => {
  const text = "\u0301".repeat(PIECE);
  const { text: folded } = foldSource(
    { text: await readFrom(text) },
    { normalization: "NFC", caseFolding: false },
  ) as { text: ReadText };
  expect(folded.length).toBe(text.length);
  expect(Math.max(...folded.pieces.map(({ length }) => length))).toBeLessThanOrEqual(PIECE);
});

it("lines are the same however a text is cut up, and none is endless", () => {
  const long = 10_000;
  const texts = [
    "",
    "\n",
    "a\r\n\nb",
    `${"word ".repeat(long)}\nend`,
    "狼".repeat(long),
    "🦊".repeat(long),
    `🦊${"a".repeat(2046)}🦊\n`,
    `${"a".repeat(2048)}\nb`,
  ];
  for (const text of texts) {
    const lines = [...linesOf([text])];
    expect(lines.join("") === text).toBe(true);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(2049);
      expect(line.isWellFormed()).toBe(true);
      expect(line.slice(0, -1)).not.toContain("\n");
    }
    for (const size of [100, 2047, 2049, 1e4]) {
      const cut = Array.from({ length: Math.ceil(text.length / size) }, (__, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      expect([...linesOf(cut)]).toEqual(lines);
    }
  }
  // A word begins with its space.
  const [first = "", second = ""] = linesOf(["word ".repeat(long)]);
  expect(first.endsWith("word")).toBe(true);
  expect(second.startsWith(" word")).toBe(true);
  expect([...linesOf(["狼来了。".repeat(long)])][1]).toMatch(/^。狼来了。.*狼来了$/);
});
