// keras.utils.pad_sequences and keras.utils.to_categorical, with what Keras 3 gave (test/golden/keras_sequences.py).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { oneHot, padSequences, type PadOptions, type Shaped } from "mynah";

interface PadCase {
  name: string;
  sequences: number[][] | number[][][];
  /** As Keras has them. */
  options: { maxlen?: number | null } & Omit<PadOptions<"int32" | "float32">, "maxLength">;
  shape: number[];
  dtype: "int32" | "float32";
  output: unknown[];
}

interface OneHotCase {
  name: string;
  x: number[] | number[][];
  numClasses: number | null;
  shape: number[];
  output: unknown[];
}

interface GoldenFile {
  padSequences: PadCase[];
  toCategorical: OneHotCase[];
  crossEntropy: { labels: number[]; oneHot: number[][] }[];
}

const golden = JSON.parse(
  readFileSync(new URL("../golden/keras-sequences.json", import.meta.url), "utf8"),
) as GoldenFile;

const ARRAYS = { int32: Int32Array, float32: Float32Array };

/** Nested lists of the shape, as Keras' arrays are in the file. */
function nested(data: ArrayLike<number>, [length = 0, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) {
    expect(data).toHaveLength(length);
    return Array.from(data);
  }
  const size = inner.reduce((product, n) => product * n, 1);
  expect(data).toHaveLength(length * size);
  const values = Array.from(data);
  return Array.from({ length }, (_, i) => nested(values.slice(i * size, (i + 1) * size), inner));
}

const rows = ({ data, shape }: Shaped) => nested(data, shape);

const refused = (...words: string[]) =>
  expect.objectContaining({
    name: "MynahError",
    code: "invalid-option",
    message: expect.stringMatching(words.join(".*")),
  });

describe("padSequences", () => {
  it("has all of Keras' cases", () => {
    expect(golden.padSequences).toHaveLength(37);
  });

  it.each(golden.padSequences)("is Keras': $name", ({ sequences, options, shape, dtype, output }) => {
    const { maxlen, ...rest } = options;
    const padded = padSequences(sequences, { ...rest, maxLength: maxlen ?? undefined });
    expect(padded.data).toBeInstanceOf(ARRAYS[dtype]);
    expect(padded.shape).toEqual(shape);
    expect(rows(padded)).toEqual(output);
  });

  it("takes no sequence at all, and a length of nothing", () => {
    expect(padSequences([])).toEqual({ data: new Int32Array(), shape: [0, 0] });
    expect(rows(padSequences([[1], [2, 3]], { maxLength: 0 }))).toEqual([[], []]);
  });

  it("pads vectors of a kind of their own, also when the first sequence is empty", () => {
    const vectors = [[], [new Float32Array([0.5, 1])]];
    expect(padSequences(vectors, { dtype: "float32", value: 9 })).toEqual({
      data: new Float32Array([9, 9, 0.5, 1]),
      shape: [2, 1, 2],
    });
  });

  it("gives the kind of numbers that was asked for", () => {
    expect(padSequences([[0.1]], { dtype: "float64" }).data).toEqual(new Float64Array([0.1]));
    expect(padSequences([new Uint8Array([255])], { dtype: "uint8" }).data).toEqual(new Uint8Array([255]));
  });

  it("refuses what it does not know, and numbers that do not fit", () => {
    expect(() => padSequences([[1]], { maxlength: 2 } as never)).toThrow(
      expect.objectContaining({
        code: "unknown-option",
        message: expect.stringContaining('did you mean "maxLength"?'),
      }),
    );
    expect(() => padSequences([[1]], { padding: "left" } as never)).toThrow(refused("padding", "pre, post"));
    expect(() => padSequences([[1], [2 ** 31]])).toThrow(refused("sequence 1", "2147483648", "int32"));
    expect(() => padSequences([[-1]], { dtype: "uint8" })).toThrow(refused("sequence 0", "-1", "uint8"));
    expect(() => padSequences([[NaN]])).toThrow(refused("NaN"));
    expect(() => padSequences([["1"] as never], { dtype: "float32" })).toThrow(refused("sequence 0"));
    expect(() => padSequences([[[1, 2]], [[3]]])).toThrow(refused("sequence 1", "2 numbers"));
    expect(() => padSequences([[[1, 2]], [3]])).toThrow(refused("sequence 1", "2 numbers"));
    expect(() => padSequences([[1], [[2]]])).toThrow(refused("sequence 1"));
    expect(() => padSequences([[[1, NaN]]])).toThrow(refused("sequence 0", "NaN"));
    expect(() => padSequences([[1]], { value: 0.5e10 })).toThrow(refused("value"));
    expect(() => padSequences("abc" as never)).toThrow(refused("list of sequences"));
  });
});

const tooLarge = (...words: string[]) =>
  expect.objectContaining({
    name: "MynahError",
    code: "out-of-memory",
    message: expect.stringMatching(words.join(".*")),
  });

describe("padSequences throws only errors of its own", () => {
  it.each([null, undefined, 1, "ab", {}, { length: -1 }, Symbol("s"), () => [1]])(
    "for the sequence %o",
    (bad) => {
      expect(() => padSequences([[1], bad] as never)).toThrow(refused("sequence 1 is", "list of numbers"));
    },
  );

  it("for a list of numbers, which Keras refuses, and for a hole", () => {
    expect(() => padSequences([1, 2] as never)).toThrow(refused("sequence 0 is 1"));
    // oxlint-disable-next-line no-sparse-arrays
    expect(() => padSequences([[1], , [2]] as never)).toThrow(refused("sequence 1 is undefined"));
  });

  it.each([null, Symbol("s"), 1n, Object.create(null), { length: 2 }])("for the element %o", (bad) => {
    for (const dtype of ["int32", "float32"] as const) {
      expect(() => padSequences([[1], [bad]] as never, { dtype })).toThrow(refused("sequence 1 has"));
      expect(() => padSequences([[[1]], [bad]] as never, { dtype })).toThrow(refused("sequence 1 has"));
      expect(() => padSequences([[[1]], [[bad]]] as never, { dtype })).toThrow(refused("sequence 1 has"));
    }
  });

  it("for what no array holds, before it is filled", () => {
    const maxLength = 2 ** 32 - 1;
    expect(() => padSequences([[1]], { maxLength })).toThrow(
      tooLarge("1 × 4294967295", "17.2 GB", "maxLength"),
    );
    expect(() => padSequences([[1], [1], [1]], { maxLength, dtype: "float64" })).toThrow(
      tooLarge("3 × 4294967295", "maxLength"),
    );
    expect(() => padSequences([{ length: 2 ** 53 - 1 } as never])).toThrow(tooLarge("9007199254740991"));
  });
});

/** Of numbers, or of rows of numbers. */
const shapeOf = (x: number[] | number[][]) => [x.length, ...(Array.isArray(x[0]) ? [x[0].length] : [])];

describe("oneHot", () => {
  it("has all of Keras' cases", () => {
    expect(golden.toCategorical).toHaveLength(5);
  });

  it.each(golden.toCategorical)("is Keras': $name", ({ x, numClasses, shape, output }) => {
    const classes = { data: Int32Array.from(x.flat()), shape: shapeOf(x) };
    const vectors = oneHot(classes, { numClasses: numClasses ?? undefined });
    expect(vectors.data).toBeInstanceOf(Float32Array);
    expect(vectors.shape).toEqual(shape);
    expect(rows(vectors)).toEqual(output);
  });

  it("takes a list, and makes the targets that Keras' categorical cross-entropy wants", () => {
    // That this loss is ours of the labels themselves is shown where the loss is: crates/nn/tests/golden.rs.
    for (const { labels, oneHot: expected } of golden.crossEntropy) {
      expect(rows(oneHot(labels))).toEqual(expected);
    }
  });

  it("takes what padSequences gives, and a single number", () => {
    expect(oneHot(padSequences([[1], [2, 1]])).shape).toEqual([2, 2, 3]);
    expect(oneHot([1]).shape, "a single number is one vector").toEqual([1, 2]);
  });

  it("refuses numbers that are no class", () => {
    for (const bad of [-1, 3, 0.5, NaN]) {
      expect(() => oneHot([0, bad], { numClasses: 3 })).toThrow(refused("number 1", String(bad), "0 to 2"));
    }
    expect(() => oneHot([0], { numClasses: 0 })).toThrow(refused("numClasses"));
  });

  it.each([null, undefined, 5, "012", {}, { data: null, shape: [0] }, { length: 0.5 }])(
    "throws only errors of its own, for %o",
    (bad) => {
      expect(() => oneHot(bad as never)).toThrow(refused("oneHot takes a list of numbers"));
    },
  );

  it("says of a nested list how to give it", () => {
    expect(() =>
      oneHot([
        [0, 1],
        [2, 0],
      ] as never),
    ).toThrow(refused("number 0 is \\[0, 1\\]", "from 0 on; a table goes as { data, shape }"));
    for (const bad of [null, "1", 1n, Symbol("s"), -1, 0.5, NaN, Infinity]) {
      expect(() => oneHot([0, bad] as never)).toThrow(refused("number 1 is", "from 0 on$"));
    }
  });

  it("refuses a shape that is not the data's", () => {
    for (const shape of [[2, 2], [3, 2], [-1, -3], [1.5, 2], [], Array(1), "3", null, undefined, 3]) {
      expect(() => oneHot({ data: [0, 1, 2], shape } as never)).toThrow(
        refused("shape is", "3 numbers in data"),
      );
    }
    expect(oneHot({ data: new Uint8Array(0), shape: [0, 4] })).toEqual({
      data: new Float32Array(),
      shape: [0, 4, 0],
    });
    expect(oneHot({ data: new Uint8Array([1]), shape: [] }).shape, "a number by itself").toEqual([2]);
  });

  it("refuses what no array holds", () => {
    expect(() => oneHot([2 ** 53])).toThrow(tooLarge("1 × 9007199254740992", "smaller numbers"));
    expect(() => oneHot([0, 1], { numClasses: 2 ** 32 - 1 })).toThrow(tooLarge("numClasses"));
  });
});
