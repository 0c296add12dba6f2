import { describe, expect, it } from "vitest";
import { memoryEstimate, type MemoryOptions } from "mynah";
import { cores } from "../../ts/src/platform/node.js";
import { usefulWorkers } from "../../ts/src/parallel/useful-workers.js";
import { failure } from "./errors.js";
import { create, places, text } from "./models.js";

describe.each(places)("an estimate $name", ({ worker, build }) => {
  const estimate = (options: object) =>
    memoryEstimate({ worker, build, ...options } as unknown as MemoryOptions);

  it("is the same for a text and for its size", async () => {
    const symbols = [...text].length;
    const vocabularySize = new Set(text).size + 1;
    expect(await estimate({ text })).toBe(await estimate({ vocabularySize, symbols }));
  });

  it("counts the symbols of the tokenizer", async () => {
    const symbols = new TextEncoder().encode(text).length;
    expect(await estimate({ text, tokenizer: "bytes" })).toBe(
      await estimate({ vocabularySize: 256, symbols }),
    );
    const asked = { text, tokenizer: "bpe", vocabularySize: 300, workers: 1 };
    await using model = await create({ worker, build }, { tokenizer: "bpe", vocabularySize: 300 });
    const { tokens } = await model.encode(text);
    const { vocabularySize } = model.info;
    expect(await estimate(asked)).toBe(
      await estimate({ vocabularySize, symbols: tokens.length, workers: 1 }),
    );
    const documents = text.split(". ");
    expect(await estimate({ documents, tokenizer: "bytes" })).toBeGreaterThan(0);
    const upper = text.toUpperCase();
    expect(await estimate({ text: upper, caseFolding: true })).toBe(await estimate({ text }));
  });

  it("of documents is that of their lengths", async () => {
    const documents = text.split(". ");
    const ofDocuments = await estimate({ documents, workers: 1 });
    expect(
      await estimate({ documents: [...documents, ""], workers: 1 }),
      "empty ones count for nothing",
    ).toBe(ofDocuments);
    // Windows are no longer than the longest.
    const shortened = documents.map((document) => document.slice(0, 9));
    expect(await estimate({ documents: shortened, workers: 1, batchSize: 32 })).toBeLessThan(
      0.8 * (await estimate({ documents, workers: 1, batchSize: 32 })),
    );
  });

  it("grows with the model, with the batch and with the text", async () => {
    // What is dropped takes memory, too, and depends on the text.
    const size = { vocabularySize: 100, symbols: 1e6, dropout: 0, weightDrop: 0, workers: 1 };
    const plain = await estimate(size);
    const hiddenSize = 256;
    expect(plain, "four copies of the weights at least").toBeGreaterThan(4 * 4 * 3 * hiddenSize * hiddenSize);
    for (const more of [
      { hiddenSize: 2 * hiddenSize },
      { batchSize: 64 },
      { symbols: 2e6 },
      { averageDecay: 0.9 },
    ]) {
      expect(await estimate({ ...size, ...more })).toBeGreaterThan(1.01 * plain);
    }
  });

  it("counts the workers that a training has where nobody says how many", async () => {
    const size = { vocabularySize: 100, symbols: 1e6 };
    const usual =
      worker === false ? 1 : usefulWorkers({ cell: "lstm", parameters: 1e6 }, { batchSize: 32 }, cores());
    expect(await estimate(size)).toBe(await estimate({ ...size, workers: usual }));
    expect(await estimate({ ...size, workers: 2 })).toBeGreaterThan(
      1.3 * (await estimate({ ...size, workers: 1 })),
    );
    // Too small to be shared.
    const small = { ...size, hiddenSize: 8, embeddingSize: 8 };
    expect(await estimate(small)).toBe(await estimate({ ...small, workers: 1 }));
  });

  it("refuses what makes no model", async () => {
    await failure(estimate({}), "missing-option");
    await failure(estimate({ vocabularySize: 10 }), "missing-option", "symbols is missing");
    await failure(estimate({ symbols: 10 }), "missing-option", "vocabularySize is missing");
    await failure(estimate({ text, symbols: 10 }), "contradictory-options", "text and symbols");
    await failure(
      estimate({ corpus: "fables", vocabularySize: 9, symbols: 9 }),
      "contradictory-options",
      "corpus",
    );
    await failure(estimate({ text: "" }), "empty-text");
    await failure(estimate({ documents: [""] }), "empty-text");
    await failure(estimate({ text, hiddenSize: 0 }), "invalid-option", "hiddenSize");
    await failure(estimate({ text, cell: "lstm", activation: "relu" }), "contradictory-options");
    await failure(estimate({ text, temperature: 1 }), "unknown-option", "memoryEstimate");
  });
});

it.each(places)("a training that no memory holds is refused before it begins $name", async (place) => {
  const model = await create(place);
  const before = await model.save();
  const huge = { batchSize: 65_536, seqLength: 65_536, steps: 1 };
  // A batch is no larger than the text has windows for; this one has enough for any.
  const long = text.repeat(20_000);
  await failure(model.train({ text: long, ...huge, batchSize: 400 }), "out-of-memory", "GB");
  expect(await model.save()).toEqual(before);
});
