// What is longer than strings, arrays or memory can be is refused by a name of its own, and not as a bug.
import { afterEach, expect, it, vi } from "vitest";
import { readLines } from "../../../ts/src/corpora/read-text.js";
import { Novelty } from "../../../ts/src/engine/novelty.js";
import { OverlapJob } from "../../../ts/src/engine/overlap-job.js";

/** Two of them are longer than a string can be. */
const half = "a".repeat(2 ** 28);

const refusal = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(words.join(".*")) });

afterEach(() => vi.restoreAllMocks());

it("a text that no memory holds what is made of it", () => {
  // A stand-in: no string is that long.
  const text = { length: 2 ** 40 } as unknown as string;
  expect(() => new OverlapJob(text, { text: "a" }, 20)).toThrow(refusal("out-of-memory", "overlap"));
});

it("a corpus with places that cannot be counted", () => {
  const corpora = [
    { text: { pieces: [], length: 2 ** 31 } },
    { documents: Array.from({ length: 8 }, () => half), conditions: new Float32Array() },
  ];
  for (const corpus of corpora) {
    expect(() => new OverlapJob("a", corpus, 20)).toThrow(refusal("text-too-long", "corpus"));
  }
});

it("a corpus to differ from", () => {
  const differ = (corpus: ConstructorParameters<typeof Novelty>[0]["corpus"]) =>
    new Novelty({ prompt: "", isUnique: false, corpus });
  vi.spyOn(TextDecoder.prototype, "decode").mockReturnValue(half);
  const pieces = [new Uint8Array(1), new Uint8Array(1)];
  expect(() => differ({ text: { pieces, length: 2 ** 29 } })).toThrow(
    refusal("text-too-long", "notInCorpus has 536 MB"),
  );
  // As a Set says it of more than 2^24 of them.
  const documents = {
    [Symbol.iterator]() {
      throw new RangeError("Set maximum size exceeded");
    },
  };
  const list = { documents: documents as unknown as readonly string[], conditions: new Float32Array() };
  expect(() => differ(list)).toThrow(refusal("out-of-memory", "notInCorpus"));
});

it("a line of documents", async () => {
  async function* twice(): AsyncGenerator<string> {
    yield half;
    yield half;
  }
  await expect(readLines(twice(), "documents")).rejects.toEqual(
    refusal("text-too-long", "a line of documents has 536 MB"),
  );
});
