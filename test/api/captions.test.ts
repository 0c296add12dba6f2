// The example that describes pictures: it has understood shape and place apart, and it looks at the picture.
import { describe, expect, it } from "vitest";
import {
  caption,
  draw,
  HELD_OUT,
  learnCaptions,
  makePictures,
  randomNumbers,
  SIZE,
} from "../../examples/captions.mjs";

// Of a caption that leaves 15 pairs of shape and place open, log2 15 = 3.9 bits are to be had from a picture; a model that shuffled
// pictures mislead believes the wrong ones, and pays more.
const BITS_AT_LEAST = 3;

describe("the pictures", () => {
  it("never show the held-out pair, or nothing else", () => {
    const { documents, conditions } = makePictures(200, { seed: 1, heldOut: false });
    expect(conditions).toHaveLength(200 * SIZE * SIZE);
    expect(documents).not.toContain(caption(HELD_OUT));
    expect(new Set(documents).size, "all the others").toBe(15);
    expect(new Set(makePictures(20, { seed: 2, heldOut: true }).documents)).toEqual(
      new Set([caption(HELD_OUT)]),
    );
  });

  it("have the shape in their quarter", () => {
    const dots = draw({ shape: "square", place: "top right" }, randomNumbers(1));
    const bright = [...dots].flatMap((dot, i) => (dot > 0.5 ? [i] : []));
    expect(bright).toHaveLength(25);
    for (const i of bright) {
      expect(i % SIZE).toBeGreaterThanOrEqual(SIZE / 2);
      expect(Math.floor(i / SIZE)).toBeLessThan(SIZE / 2);
    }
  });
});

// Only the bias reads the picture at every symbol, and so lightly that it adds up what it sees. Chance would have 3 of 6 words right.
it.each([
  ["bias", 0.95],
  ["film", 0.8],
  ["initial-state", 0.7],
] as const)("a model with conditions as %s", async (conditionMode, words) => {
  const place = { worker: false, build: "simd128" } as const;
  const { wordAccuracy, bitsPerCaption } = await learnCaptions({ conditionMode, place });
  expect(wordAccuracy, "of a pair that it has never seen").toBeGreaterThan(words);
  expect(bitsPerCaption).toBeGreaterThan(BITS_AT_LEAST);
});
