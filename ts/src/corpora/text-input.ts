/**
 * What a text can be read from where it is no string yet. It is UTF-8, of which a byte order mark is dropped; strings that come from a stream
 * or an iterable are taken as they are.
 */
export type TextInput =
  /** A `File` from an input or a drop, or any other `Blob`. */
  | Blob
  /** Is fetched; in Node one with `file:` is read. */
  | URL
  /** Can be read once: `create` and `train` want one each. */
  | ReadableStream<Uint8Array | string>
  /** Such as a stream of Node's. What a generator gives comes once, too. */
  | AsyncIterable<Uint8Array | string>
  /** A path, in Node. */
  | { readonly file: string };

/** Whether a value is a {@link TextInput}. */
export function isTextInput(value: unknown): value is TextInput {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Blob || value instanceof URL || value instanceof ReadableStream) return true;
  if (Symbol.asyncIterator in value) return typeof value[Symbol.asyncIterator] === "function";
  return "file" in value && typeof value.file === "string" && Object.keys(value).length === 1;
}

/** What people call it. */
export function nameOfInput(input: TextInput): string {
  if (input instanceof Blob) return "name" in input && input.name !== "" ? String(input.name) : "the Blob";
  if (input instanceof URL) return input.href;
  if (input instanceof ReadableStream) return "the stream";
  return "file" in input ? input.file : "the async iterable";
}
