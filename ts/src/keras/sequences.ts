// What people who come from Keras look for: keras.utils.pad_sequences and keras.utils.to_categorical, with the same results.
import { MynahError } from "../errors.js";
import { checkOptions, isListOf, shown } from "../options/check.js";

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

/** No array is made that 32 bits cannot address, in bytes: an engine would refuse it, or take the whole machine's memory. */
const MOST_BYTES = 2 ** 32;

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
 * @throws MynahError `invalid-option` (also for a number that the kind cannot hold), `unknown-option`, or `out-of-memory` for an array
 * of more than 4 GiB.
 */
export function padSequences<Name extends Dtype = "int32">(
  sequences: readonly Sequence[],
  options: PadOptions<Name> = {},
): Shaped<DtypeArrays[Name]> {
  checkOptions("padSequences", options);
  const { padding = "pre", truncating = "pre", value = 0 } = options;
  const dtype: Dtype = options.dtype ?? "int32";
  const longest = longestOf(sequences);
  const columns = options.maxLength ?? longest;
  const vector = vectorLength(sequences);
  const shape = [sequences.length, columns, ...(vector === undefined ? [] : [vector])];
  const filler = inRange(value, dtype, "value");
  const data = allocate(dtype, shape, "padSequences", "a smaller maxLength").fill(filler);
  const size = vector ?? 1;
  for (const [row, sequence] of sequences.entries()) {
    const length = Math.min(sequence.length, columns);
    const from = truncating === "pre" ? sequence.length - length : 0;
    const to = row * columns + (padding === "pre" ? columns - length : 0);
    for (let i = 0; i < length; i++) {
      const numbers = vector === undefined ? [sequence[from + i]] : vectorOf(sequence[from + i], vector, row);
      for (let j = 0; j < size; j++)
        data[(to + i) * size + j] = inRange(numbers[j], dtype, `sequence ${row}`);
    }
  }
  return { data: data as DtypeArrays[Name], shape };
}

/** Length of the longest sequence, once it is certain that each is one. */
function longestOf(sequences: unknown): number {
  if (!Array.isArray(sequences)) {
    throw invalid(`padSequences takes a list of sequences, got ${shown(sequences)}`);
  }
  let longest = 0;
  // By index, since holes count, too.
  for (let row = 0; row < sequences.length; row++) {
    const sequence: unknown = sequences[row];
    if (!isList(sequence)) {
      throw invalid(
        `sequence ${row} is ${shown(sequence)}, but must be a list of numbers, or of vectors of numbers`,
      );
    }
    longest = Math.max(longest, sequence.length);
  }
  return longest;
}

/** Length of the first vector; `undefined` where there are numbers, or nothing. */
function vectorLength(sequences: readonly Sequence[]): number | undefined {
  const first = sequences.find(({ length }) => length > 0)?.[0];
  return isList(first) ? first.length : undefined;
}

/** An element of a sequence of vectors. */
function vectorOf(element: unknown, length: number, row: number): ArrayLike<unknown> {
  if (isList(element) && element.length === length) return element;
  throw invalid(
    `sequence ${row} has ${shown(element)}, but must have vectors of ${length} numbers, as the first is`,
  );
}

/**
 * Whole numbers as vectors with a 1 in the place of the number, and 0 elsewhere: `keras.utils.to_categorical`. The result has the
 * shape of the numbers and one more dimension, `numClasses`; a last dimension of length 1 makes room for it.
 *
 * ```ts
 * oneHot([0, 2]); // { data: Float32Array [1, 0, 0, 0, 0, 1], shape: [2, 3] }
 * ```
 *
 * @throws MynahError `invalid-option` (also for a number that is no class, and for a `shape` that is not the data's), `unknown-option`, or
 * `out-of-memory` for an array of more than 4 GiB.
 */
export function oneHot(
  classes: ArrayLike<number> | Shaped,
  options: OneHotOptions = {},
): Shaped<DtypeArrays["float32"]> {
  checkOptions("oneHot", options);
  const { data: numbers, shape } = shapedOf(classes);
  const numClasses = options.numClasses ?? largestOf(numbers) + 1;
  const vectors = [numbers.length, numClasses];
  const data = allocate("float32", vectors, "oneHot", "smaller numbers, or a smaller numClasses,");
  for (let i = 0; i < numbers.length; i++) {
    const at = classOf(numbers, i, numClasses);
    data[i * numClasses + at] = 1;
  }
  const rest = shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  return { data, shape: [...rest, numClasses] };
}

/** The numbers and their shape, which a plain list does not tell. */
function shapedOf(classes: unknown): { data: ArrayLike<unknown>; shape: readonly number[] } {
  if (isList(classes)) return { data: classes, shape: [classes.length] };
  const { data, shape } = (classes ?? {}) as { data?: unknown; shape?: unknown };
  if (!isList(data)) {
    throw invalid(`oneHot takes a list of numbers, or data and shape, got ${shown(classes)}`);
  }
  if (!isShape(shape) || product(shape) !== data.length) {
    throw invalid(`shape is ${shown(shape)}, but must be that of the ${data.length} numbers in data`);
  }
  return { data, shape };
}

function isShape(shape: unknown): shape is readonly number[] {
  return isListOf(shape, (length) => Number.isSafeInteger(length) && Number(length) >= 0);
}

function largestOf(numbers: ArrayLike<unknown>): number {
  let largest = -1;
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, classOf(numbers, i, Infinity));
  return largest;
}

function classOf(numbers: ArrayLike<unknown>, i: number, numClasses: number): number {
  const at = numbers[i];
  if (typeof at === "number" && Number.isInteger(at) && at >= 0 && at < numClasses) return at;
  const range = numClasses === Infinity ? "from 0 on" : `from 0 to ${numClasses - 1}`;
  const hint = isList(at) ? "; a table goes as { data, shape }" : "";
  throw invalid(`number ${i} is ${shown(at)}, but must be a whole number ${range}${hint}`);
}

/** Zeros for an array of the shape. */
function allocate<Name extends Dtype>(
  dtype: Name,
  shape: readonly number[],
  call: string,
  wayOut: string,
): DtypeArrays[Name] {
  const Numbers = ARRAYS[dtype];
  const length = product(shape);
  const bytes = length * Numbers.BYTES_PER_ELEMENT;
  const tooMuch = (options?: ErrorOptions) =>
    new MynahError(
      "out-of-memory",
      `${call} would make an array of ${shape.join(" × ")} numbers, ${(bytes / 1e9).toFixed(1)} GB, more than can be had; ${wayOut} takes less`,
      options,
    );
  if (bytes > MOST_BYTES) throw tooMuch();
  try {
    return new Numbers(length) as DtypeArrays[Name];
  } catch (cause) {
    throw tooMuch({ cause });
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Whether it is an array of some kind; its elements are anything. */
function isList(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== "object" || value === null || !("length" in value)) return false;
  return Number.isSafeInteger(value.length) && Number(value.length) >= 0;
}

/** A number as its kind holds it: without its fraction where the kind has none. */
function inRange(value: unknown, dtype: Dtype, name: string): number {
  const range = WHOLE_RANGES[dtype];
  if (typeof value === "number") {
    if (range === undefined) return value;
    const whole = Math.trunc(value);
    if (whole >= range[0] && whole <= range[1]) return whole;
  }
  throw invalid(`${name} has ${shown(value)}, which dtype "${dtype}" cannot hold`);
}

function invalid(message: string): MynahError {
  return new MynahError("invalid-option", message);
}
