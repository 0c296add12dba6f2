import { expect, it } from "vitest";
import { joinParts } from "../../../ts/src/cli/view/join-parts.js";
import { drawSurprise, listSurprises } from "../../../ts/src/cli/view/score-view.js";

const plain = (words: string): string => words;
const colours = { bold: plain, dim: plain, accent: plain, good: plain };
const paint = (level: number, words: string): string =>
  words === "" || level === 0 ? words : `<${level}:${words}>`;

it("paints each symbol by its surprise, and runs of one colour at once", () => {
  expect(drawSurprise([..."abcdefg"], Float32Array.of(0, 0.9, 1, 2.9, 3, 6, 9), paint)).toBe(
    "ab<1:cd><2:e><3:f><4:g>",
  );
  expect(drawSurprise([..."a😀b"], Float32Array.of(0, 7, 0), paint)).toBe("a<3:😀>b");
  expect(drawSurprise([..."a\u001B"], Float32Array.of(0, 7), paint)).toBe("a<3:\uFFFD>");
});

it("lists the most surprising places with what stands around them", () => {
  const score = {
    symbols: [..."ab\nd"],
    bits: Float32Array.of(0, 1, 8, 2),
    ranks: Uint32Array.of(0, 1, 5, 2),
  };
  const lines = listSurprises(score, colours);
  expect(lines).toEqual([
    "bits  rank  place  text",
    "8.0   5     2      ab[⏎]d",
    "2.0   2     3      ab⏎[d]",
    "1.0   1     1      a[b]⏎d",
  ]);
  const alternatives = [
    [],
    [],
    [
      { symbol: "c", token: 3, probability: 0.5 },
      { symbol: "", token: 1, probability: 0.2 },
    ],
    [],
  ];
  expect(listSurprises({ ...score, alternatives }, colours)[1]).toContain("c ∎");
});

it("ends a line once where Windows has ended it, whatever the symbols", () => {
  for (const symbols of [[..."a\r\nb"], ["a\r", "\n", "b"], ["a", "\r\n", "b"]]) {
    const bits = Float32Array.from(symbols, (_, at) => at * 3);
    expect(drawSurprise(symbols, bits, (_, words) => words)).toBe("a\nb");
    const lines = listSurprises({ symbols, bits, ranks: Uint32Array.from(bits, () => 1) }, colours);
    const places = lines.slice(1).map((line) => line.split("  ").at(-1));
    expect(places).toContain("a⏎[b]");
    expect(places.filter((place) => place?.includes("⏎⏎") || place?.includes("⏎]⏎"))).toEqual([]);
  }
  const lone = {
    symbols: [..."a\r\nb"],
    bits: Float32Array.of(0, 1, 0, 0),
    ranks: Uint32Array.of(0, 1, 1, 1),
  };
  expect(listSurprises(lone, colours)[1]).toContain("a[␍]⏎b");
});

it("takes symbols that make a character only together for one", () => {
  const totals = { loss: 1, perplexity: 1, bitsPerByte: 1, accuracy: 1, tokens: 6 };
  const score = {
    ...totals,
    bits: Float32Array.of(0, 1, 2, 4, 8, 16),
    ranks: Uint32Array.of(0, 1, 7, 3, 2, 1),
    logProbabilities: new Float32Array(6),
    entropies: new Float32Array(6),
  };
  // The last one is the end of a document.
  expect(joinParts(["a", "", "", "é", "b"], score)).toEqual({
    symbols: ["a", "é", "b"],
    bits: Float32Array.of(0, 7, 8, 16),
    ranks: Uint32Array.of(0, 7, 2, 1),
  });
  const alternatives = Array.from(score.bits, (probability) => [{ symbol: "x", token: 1, probability }]);
  const joined = joinParts(["", "é", "b"], { ...score, alternatives });
  expect(joined.alternatives?.map(([first]) => first?.probability)).toEqual([0, 2, 4, 8, 16]);
});
