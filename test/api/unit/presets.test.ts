// What a preset makes of a text: pure arithmetic. docs/quality.md has what the numbers come to.
import { describe, expect, it } from "vitest";
import { unitsPerSymbol, type Granularity } from "../../../ts/src/tokenizer/extent.js";
import { extentOf, PRESETS, presetModel, presetTraining } from "../../../ts/src/options/presets.js";

const gru = { cell: "gru", hiddenSize: 256, parameters: 320_000 } as const;
const sizes = [1e4, 1e5, 1e6, 2e7].map((symbols) => ({ symbols }));

describe.each(PRESETS)("%s", (preset) => {
  it("keeps whatever is given", () => {
    const model = { cell: "rnn", hiddenSize: [7, 5], dropout: undefined } as const;
    expect(presetModel(preset, { symbols: 1e6 }, model)).toEqual({ cell: "rnn", hiddenSize: [7, 5] });
    const named = { steps: 9, batchSize: 3, seqLength: 5, learningRate: 1, optimizer: "sgd" } as const;
    const given = { ...named, dropout: 0, weightDrop: 0.1, seed: 4 };
    const { validation, ...kept } = presetTraining(preset, gru, { symbols: 1e6 }, given);
    expect(kept).toEqual(given);
    expect(validation).toBe(0.1);
    expect(presetTraining(preset, gru, { symbols: 1e6 }, { ...given, validation: 0 }).validation).toBe(0);
  });

  it("reads a short text no more often than it teaches something, and a very long one only in part", () => {
    const passes = (symbols: number) => presetTraining(preset, gru, { symbols }, {}).epochs ?? NaN;
    expect([1000, 10_000, 90_000].map(passes)).toEqual([51, 10, 30]);
    // Of a long text always as many symbols, for a model that was given.
    expect((2e7 * passes(2e7)) / (1e7 * passes(1e7))).toBeCloseTo(1, 1);
    expect(Math.max(...[1e5, 1e6, 1e7].map(passes))).toBeLessThanOrEqual(100);
  });

  it("drops more the more often it reads, and the more weights there are for each symbol", () => {
    const dropped = (epochs: number, symbols: number) =>
      presetTraining(preset, gru, { symbols }, { epochs }).dropout ?? NaN;
    expect(dropped(1, 1e6)).toBe(0);
    const growing = [5, 10, 20, 40].map((epochs) => dropped(epochs, 1e6));
    expect(growing).toEqual([...new Set(growing)].toSorted());
    expect(dropped(10, 1e5)).toBeGreaterThan(dropped(10, 1e6));
    expect(dropped(1e6, 1e4)).toBeLessThanOrEqual(0.5);
  });
});

it("a preset that is worth more time makes a larger model, but for a text that could not teach it", () => {
  const units = (size: { symbols: number }) =>
    PRESETS.map((preset) => presetModel(preset, size, {}).hiddenSize);
  expect(units({ symbols: 1e6 })).toEqual([256, 448, 640]);
  expect(new Set(units({ symbols: 1000 }))).toEqual(new Set([64]));
  expect(presetModel("quick", { symbols: 1e6 }, {}).cell).toBe("lstm");
});

it("makes layers of a size that goes with what else is given", () => {
  const units = (given: object) => presetModel("quick", { symbols: 1e6 }, given).hiddenSize;
  expect(units({ cell: "transformer", numHeads: 6 })).toBe(252);
  expect(units({ cell: "min-gru", block: true, embeddingSize: 192 })).toBe(192);
  expect(units({ cell: "gru", embeddingSize: 192 })).toBe(256);
});

it.each(PRESETS)("%s takes as long for every text that is long enough", (preset) => {
  const work = [1e6, 1e7].map((symbols) => {
    const { hiddenSize } = presetModel(preset, { symbols }, {});
    const info = { cell: "lstm", hiddenSize, parameters: 4 * Number(hiddenSize) ** 2 } as const;
    return info.parameters * symbols * (presetTraining(preset, info, { symbols }, {}).epochs ?? NaN);
  });
  expect((work[0] ?? NaN) / (work[1] ?? NaN)).toBeCloseTo(1, 1);
});

it("takes steps enough to learn anything of the shortest text or list", () => {
  const steps = (extent: { symbols: number; documents?: number }) => {
    const { epochs = NaN, batchSize = NaN, seqLength = NaN } = presetTraining("quick", gru, extent, {});
    const { symbols, documents = Infinity } = extent;
    return (epochs * symbols) / (batchSize * Math.min(seqLength, symbols / documents));
  };
  for (const extent of [{ symbols: 1000 }, { symbols: 5000 }, { symbols: 2600, documents: 200 }]) {
    expect(steps(extent)).toBeGreaterThan(170);
  }
});

it("holds out a tenth, but no more of a long text than makes a figure sure", () => {
  const heldOut = (symbols: number) => presetTraining("quick", gru, { symbols }, {}).validation;
  expect([1e4, 1e6, 2e6, 5e7].map(heldOut)).toEqual([0.1, 0.1, 0.05, 0.002]);
});

it("counts the passes of a budget in steps or in seconds", () => {
  const dropout = (settings: object) => presetTraining("quick", gru, { symbols: 1e5 }, settings).dropout;
  // 16 streams of 64 symbols.
  expect(dropout({ steps: 2000 })).toBe(dropout({ epochs: (2000 * 16 * 64) / 1e5 }));
  // A window is no longer than seqLength, however long the documents.
  const chapters = { symbols: 1e6, documents: 10 };
  const ofChapters = (settings: object) => presetTraining("quick", gru, chapters, settings).dropout;
  expect(ofChapters({ steps: 1000 })).toBe(ofChapters({ epochs: (1000 * 16 * 64) / 1e6 }));
  expect(dropout({ seconds: 600 })).toBeGreaterThan(dropout({ seconds: 1 }) ?? NaN);
});

it("gives a short text fewer streams, and short documents more rows", () => {
  const batch = (extent: { symbols: number; documents?: number }) =>
    presetTraining("quick", gru, extent, {}).batchSize;
  expect(sizes.map(batch)).toEqual([4, 16, 32, 32]);
  expect(batch({ symbols: 200_000, documents: 28_000 })).toBe(128);
  expect(batch({ symbols: 200_000, documents: 400 })).toBe(16);
});

it("has a transformer see the whole of its context at once", () => {
  const settings = (info: object) =>
    presetTraining("quick", { ...gru, cell: "transformer", ...info }, { symbols: 1e6 }, {});
  expect(settings({})).toMatchObject({ seqLength: 256, batchSize: 8 });
  expect(settings({ contextLength: 4096 })).toMatchObject({ seqLength: 4096, batchSize: 1 });
  const ofShort = presetTraining("quick", { ...gru, cell: "transformer" }, { symbols: 201 }, {});
  expect(ofShort.seqLength).toBe(179);
  expect(presetTraining("quick", gru, { symbols: 1e6 }, {})).toMatchObject({ seqLength: 64, batchSize: 32 });
});

it("has no weights dropped where there are none to drop, or where units are zoned out", () => {
  const settings = (info: object) =>
    presetTraining("best", { ...gru, ...info }, { symbols: 1e5 }, { epochs: 50 });
  expect(settings({}).weightDrop).toBeGreaterThan(0);
  expect(settings({ cell: "transformer" }).weightDrop).toBeUndefined();
  expect(settings({ zoneout: 0.1 }).weightDrop).toBeUndefined();
});

it("lowers the rate for wider layers", () => {
  const rate = (info: object) =>
    presetTraining("quick", { ...gru, ...info }, { symbols: 1e6 }, {}).learningRate ?? NaN;
  expect(rate({ hiddenSize: 64 })).toBe(0.01);
  expect(rate({})).toBe(0.006);
  expect(rate({ hiddenSize: [1024, 256] })).toBe(0.003);
  expect(rate({ cell: "transformer" })).toBeLessThan(rate({}));
});

it("measures a source by its UTF-16 units, and documents with their ends, but for empty ones", () => {
  expect(extentOf({ text: "abc" })).toEqual({ symbols: 3 });
  expect(extentOf({ documents: ["ab", "", "c"] })).toEqual({ symbols: 5, documents: 2 });
  for (const empty of [{ text: "" }, { documents: [] }, { documents: ["", ""] }]) {
    expect(() => extentOf(empty)).toThrow("empty");
  }
});

it("knows about how many symbols of other tokenizers a text has", () => {
  const symbols = (text: string, granularity: Granularity) => extentOf({ text }, granularity).symbols;
  const [english, chinese] = ["the crow. ".repeat(1000), "狼来了".repeat(3000)];
  expect(symbols(english, { tokenizer: "graphemes" })).toBe(10_000);
  expect(symbols(english, { tokenizer: "bytes" })).toBe(10_000);
  expect(symbols(chinese, { tokenizer: "bytes" })).toBe(27_000);
  const piece = new TextEncoder().encode(chinese);
  const read = { text: { pieces: [piece], length: chinese.length } };
  expect(extentOf(read, { tokenizer: "bytes" }).symbols).toBe(27_000);
  const counts = [257, 1024, 4096].map((vocabularySize) =>
    symbols(english, { tokenizer: "bpe", vocabularySize }),
  );
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(symbols(english, { tokenizer: "bpe" })).toBe(counts[1]);
  expect(symbols(english, { tokenizer: "words" })).toBeLessThan(4000);
  expect(extentOf({ documents: ["狼", "狼来"] }, { tokenizer: "bytes" })).toEqual({
    symbols: 11,
    documents: 2,
  });
});

it("of documents no more are looked at than it takes to know what they are written in", () => {
  const looked: number[] = [];
  const documents = new Proxy(["é".repeat(6000), "e".repeat(1e6), "狼", "狼"], {
    get(list, name) {
      if (typeof name === "string" && /^\d+$/.test(name)) looked.push(Number(name));
      return Reflect.get(list, name) as unknown;
    },
  });
  // 6,000 characters of two bytes, 4,000 of one.
  expect(unitsPerSymbol({ tokenizer: "bytes" }, { documents })).toBe(1 / 1.6);
  expect(looked).toEqual([0, 1]);
});
