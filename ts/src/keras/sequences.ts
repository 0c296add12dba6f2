// What people who come from Keras look for: keras.utils.pad_sequences and keras.utils.to_categorical, with the same results.
import { MynahError } from "../errors.js";
import { checkOptions } from "../options/check.js";

/** Numbers and how they are laid out: row by row, the last index fastest. */
export interface Shaped<Data extends NumberArray = NumberArray> {
  readonly data: Data;
  /** Length along each dimension. */
  readonly shape: readonly number[];
}

/** Numbers of one kind, one after another. */
export type NumberArray = DtypeArrays[Dtype];

/** The arrays that `dtype` names. */
export interface DtypeArrays {
  uint8: Uint8Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
}

/** A kind of number. */
export type Dtype = keyof DtypeArrays;

/** Options of {@link padSequences}, with the names and defaults that Keras has, but for `maxLength`, which is `maxlen` there. */
export interface PadOptions<Name extends Dtype = Dtype> {
  /** Length of every row. Default: that of the longest sequence. */
  maxLength?: number | undefined;
  /** Kind of the numbers. Default `"int32"`, to which fractions are cut. */
  dtype?: Name | undefined;
  /** Where a short sequence is filled up: at its beginning (`"pre"`, default), or at its end. */
  padding?: "pre" | "post" | undefined;
  /** Where a long sequence is cut: at its beginning (`"pre"`, default), or at its end. */
  truncating?: "pre" | "post" | undefined;
  /** What it is filled up with. Default 0. */
  value?: number | undefined;
}

/** Options of {@link oneHot}. */
export interface OneHotOptions {
  /** Length of every vector. Default: one more than the largest number. */
  numClasses?: number | undefined;
}

const ARRAYS = {
  uint8: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const WHOLE_RANGES: Partial<Record<Dtype, readonly [lowest: number, highest: number]>> = {
  uint8: [0, 255],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** What {@link padSequences} pads: numbers, or vectors that are all equally long. */
export type Sequence = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/**
 * Sequences of different lengths as the rows of one array, `[sequences.length, maxLength]`: `keras.utils.pad_sequences`. Those of
 * vectors are `[sequences.length, maxLength, vector.length]`; a place that is filled up has `value` throughout.
 *
 * ```ts
 * padSequences([[1], [2, 3]]); // { data: Int32Array [0, 1, 2, 3], shape: [2, 2] }
 * ```
 *
 * @throws MynahError `invalid-option` (also for a number that the kind cannot hold) or `unknown-option`.
 */
export function padSequences<Name extends Dtype = "int32">(
  sequences: readonly Sequence[],
  options: PadOptions<Name> = {},
): Shaped<DtypeArrays[Name]> {
  checkOptions("padSequences", options);
  const { padding = "pre", truncating = "pre", value = 0 } = options;
  const dtype: Dtype = options.dtype ?? "int32";
  if (!Array.isArray(sequences)) throw invalid("padSequences takes a list of sequences");
  const columns = options.maxLength ?? sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const vector = vectorLength(sequences);
  const size = vector ?? 1;
  const data = new ARRAYS[dtype](sequences.length * columns * size).fill(inRange(value, dtype, "value"));
  for (const [row, sequence] of sequences.entries()) {
    const length = Math.min(sequence.length, columns);
    const from = (truncating === "pre" ? sequence.length - length : 0) * size;
    const to = (row * columns + (padding === "pre" ? columns - length : 0)) * size;
    const numbers = vector === undefined ? sequence : flat(sequence, vector, row);
    for (let i = 0; i < length * size; i++) {
      data[to + i] = inRange(numbers[from + i], dtype, `sequence ${row}`);
    }
  }
  const shape = [sequences.length, columns, ...(vector === undefined ? [] : [vector])];
  return { data: data as DtypeArrays[Name], shape };
}

/** Length of the first vector; `undefined` where there are numbers, or nothing. */
function vectorLength(sequences: readonly Sequence[]): number | undefined {
  const first = sequences.find(({ length }) => length > 0)?.[0];
  return typeof first === "object" && first !== null ? first.length : undefined;
}

/** The numbers of a sequence of vectors, one after another. */
function flat(sequence: Sequence, vector: number, row: number): unknown[] {
  return Array.from<unknown>(sequence).flatMap((element) => {
    const numbers = typeof element === "object" ? Array.from((element ?? []) as ArrayLike<unknown>) : [];
    if (numbers.length === vector) return numbers;
    throw invalid(
      `sequence ${row} has ${String(element)}, but must have vectors of ${vector} numbers, as the first is`,
    );
  });
}

/**
 * Whole numbers as vectors with a 1 in the place of the number, and 0 elsewhere: `keras.utils.to_categorical`. The result has the
 * shape of the numbers and one more dimension, `numClasses`; a last dimension of length 1 makes room for it.
 *
 * ```ts
 * oneHot([0, 2]); // { data: Float32Array [1, 0, 0, 0, 0, 1], shape: [2, 3] }
 * ```
 *
 * @throws MynahError `invalid-option` (also for a number that is no class) or `unknown-option`.
 */
export function oneHot(
  classes: ArrayLike<number> | Shaped,
  options: OneHotOptions = {},
): Shaped<DtypeArrays["float32"]> {
  checkOptions("oneHot", options);
  const { data: numbers, shape } = "data" in classes ? classes : { data: classes, shape: [classes.length] };
  const largest = Array.prototype.reduce.call(numbers, (a, b) => Math.max(Number(a), Number(b)), -1);
  const numClasses = options.numClasses ?? Number(largest) + 1;
  const data = new Float32Array(numbers.length * numClasses);
  for (let i = 0; i < numbers.length; i++) {
    const at = numbers[i] ?? NaN;
    if (!Number.isInteger(at) || at < 0 || at >= numClasses) {
      throw invalid(`number ${i} is ${at}, but must be a whole number from 0 to ${numClasses - 1}`);
    }
    data[i * numClasses + at] = 1;
  }
  const rest = shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  return { data, shape: [...rest, numClasses] };
}

/** A number as its kind holds it: without its fraction where the kind has none. */
function inRange(value: unknown, dtype: Dtype, name: string): number {
  const range = WHOLE_RANGES[dtype];
  if (range === undefined && typeof value === "number") return value;
  const whole = Math.trunc(Number(value));
  const [lowest, highest] = range ?? [-Infinity, Infinity];
  if (typeof value !== "number" || !(whole >= lowest && whole <= highest)) {
    throw invalid(`${name} has ${String(value)}, which dtype "${dtype}" cannot hold`);
  }
  return whole;
}

function invalid(message: string): MynahError {
  return new MynahError("invalid-option", message);
}
