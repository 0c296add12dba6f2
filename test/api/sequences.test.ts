// keras.utils.pad_sequences and keras.utils.to_categorical, with results as Keras 3 gives them.
import { describe, expect, it } from "vitest";
import { oneHot, padSequences } from "mynah";

/** As nested lists, row by row. */
const rows = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) => {
  const [count = 0, length = 0] = shape;
  expect(data).toHaveLength(count * length);
  return Array.from({ length: count }, (_, row) => Array.from({ length }, (__, i) => data[row * length + i]));
};

const refused = (...words: string[]) =>
  expect.objectContaining({
    name: "MynahError",
    code: "invalid-option",
    message: expect.stringMatching(words.join(".*")),
  });

describe("padSequences", () => {
  const sequences = [[1], [2, 3], [4, 5, 6]];

  it.each([
    [
      {},
      [
        [0, 0, 1],
        [0, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      { value: -1 },
      [
        [-1, -1, 1],
        [-1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      { padding: "post" },
      [
        [1, 0, 0],
        [2, 3, 0],
        [4, 5, 6],
      ],
    ],
    [
      { maxLength: 2 },
      [
        [0, 1],
        [2, 3],
        [5, 6],
      ],
    ],
    [
      { maxLength: 2, truncating: "post" },
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ],
    [
      { maxLength: 4, padding: "post" },
      [
        [1, 0, 0, 0],
        [2, 3, 0, 0],
        [4, 5, 6, 0],
      ],
    ],
    [{ maxLength: 0 }, [[], [], []]],
  ] as const)("with %o", (options, expected) => {
    const padded = padSequences(sequences, options);
    expect(padded.data).toBeInstanceOf(Int32Array);
    expect(rows(padded)).toEqual(expected);
  });

  it("fills an empty sequence, and takes no sequence at all", () => {
    expect(rows(padSequences([[], [7]], { value: 9 }))).toEqual([[9], [7]]);
    expect(padSequences([])).toEqual({ data: new Int32Array(), shape: [0, 0] });
  });

  it("gives the kind of numbers that was asked for", () => {
    expect(padSequences([[1.9, -1.9]]).data, "fractions are cut").toEqual(new Int32Array([1, -1]));
    expect(padSequences([[1.5]], { dtype: "float32", maxLength: 2 }).data).toEqual(
      new Float32Array([0, 1.5]),
    );
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
    expect(() => padSequences([[1]], { value: 0.5e10 })).toThrow(refused("value"));
    expect(() => padSequences("abc" as never)).toThrow(refused("list of sequences"));
  });
});

describe("oneHot", () => {
  it("puts a 1 where the number says", () => {
    const { data, shape } = oneHot([0, 2, 1]);
    expect(data).toBeInstanceOf(Float32Array);
    expect(rows({ data, shape })).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
  });

  it("has as many classes as it is told", () => {
    expect(rows(oneHot([1], { numClasses: 4 }))).toEqual([[0, 1, 0, 0]]);
  });

  it("keeps the shape of the numbers, but for a last dimension of 1", () => {
    expect(oneHot(padSequences([[1], [2, 1]])).shape).toEqual([2, 2, 3]);
    expect(oneHot({ data: new Int32Array([1, 0]), shape: [2, 1] })).toEqual({
      data: new Float32Array([0, 1, 1, 0]),
      shape: [2, 2],
    });
    expect(oneHot([1]).shape, "a single number is one vector").toEqual([1, 2]);
  });

  it("refuses numbers that are no class", () => {
    for (const bad of [-1, 3, 0.5, NaN]) {
      expect(() => oneHot([0, bad], { numClasses: 3 })).toThrow(refused("number 1", String(bad), "0 to 2"));
    }
    expect(() => oneHot([0], { numClasses: 0 })).toThrow(refused("numClasses"));
  });
});
