import { MynahError } from "../errors.js";
import { readInput } from "./read-input.js";
import { concatenate, joinText } from "./utf8-reader.js";
import type { TextInput } from "./text-input.js";

/**
 * A text that was read from an input: UTF-8 in pieces that end where a symbol does, so that nobody has to hold it as a whole, and a worker
 * takes them over without a copy.
 */
export interface ReadText {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** UTF-16 units, as of a string. */
  readonly length: number;
}

/** Of a piece, in bytes. */
const PIECE = 1 << 20;

/**
 * Reads an input to its end.
 *
 * @throws as {@link readInput} does.
 */
export async function collectInput(
  input: TextInput,
  option: string,
  signal?: AbortSignal,
): Promise<ReadText> {
  return collectText(readInput(input, option, signal), option);
}

/**
 * Puts a text together.
 *
 * @param name - what messages call it
 * @throws MynahError `empty-text`, and what the pieces throw.
 */
export async function collectText(pieces: AsyncIterable<string>, name: string): Promise<ReadText> {
  const collector = new Collector();
  for await (const piece of pieces) collector.add(piece);
  return collector.end(name);
}

/**
 * Reads an input to its end, as a string.
 *
 * @throws as {@link readInput} does, and MynahError `text-too-long`.
 */
export async function readString(input: TextInput, option: string, signal?: AbortSignal): Promise<string> {
  const pieces: string[] = [];
  for await (const text of readInput(input, option, signal)) pieces.push(text);
  return joinText(pieces, option);
}

/**
 * The lines of an input that are not empty.
 *
 * @throws as {@link readInput} does, and MynahError `empty-text` where there is none, and `text-too-long` of a line that no string can hold.
 */
export async function readLines(
  input: TextInput,
  option: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const line = `a line of ${option}`;
  // Of the line that goes on.
  let begun: string[] = [];
  for await (const text of readInput(input, option, signal)) {
    begun.push(text);
    if (!text.includes("\n")) continue;
    const parts = concatenate(begun, line).split("\n");
    begun = [parts.pop() ?? ""];
    for (const whole of filled(parts)) lines.push(whole);
  }
  lines.push(...filled([concatenate(begun, line)]));
  if (lines.length === 0) throw new MynahError("empty-text", `${option} has no line with anything in it`);
  return lines;
}

/** The lines of a text that are not empty. */
export function linesOf(text: string): string[] {
  return filled(text.split("\n"));
}

/** Lines without their ends, but for the empty ones. */
function filled(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== "").map((line) => line.replace(/\r$/, ""));
}

/**
 * The text as a string.
 *
 * @param name - what messages call it
 * @throws MynahError `text-too-long`.
 */
export function stringOf(text: string | ReadText, name: string): string {
  return typeof text === "string" ? text : concatenate([...stringsOf(text)], name);
}

/** The text as strings one after the other, each of whole symbols. */
export function* stringsOf(text: string | ReadText): Generator<string, void, undefined> {
  if (typeof text === "string") {
    yield text;
    return;
  }
  // A mark at the beginning of a piece is a symbol of the text.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (const piece of text.pieces) yield decoder.decode(piece);
}

/** Puts a text together as UTF-8. */
class Collector {
  readonly #encoder = new TextEncoder();
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #block = new Uint8Array(PIECE);
  #used = 0;
  #length = 0;
  /** The first half of a surrogate pair whose second is still to come. */
  #half = "";

  add(text: string): void {
    const whole = this.#half + text;
    const isCut = /[\uD800-\uDBFF]$/.test(whole);
    this.#half = isCut ? whole.slice(-1) : "";
    this.#write(isCut ? whole.slice(0, -1) : whole);
  }

  end(name: string): ReadText {
    this.#write(this.#half);
    this.#pieces.push(this.#block.slice(0, this.#used));
    if (this.#length > 0) return { pieces: this.#pieces, length: this.#length };
    throw new MynahError("empty-text", `${name} is empty but for a byte order mark`);
  }

  #write(text: string): void {
    this.#length += text.length;
    let rest = text;
    while (rest !== "") {
      const { read, written } = this.#encoder.encodeInto(rest, this.#block.subarray(this.#used));
      this.#used += written;
      rest = rest.slice(read);
      // Too little room for the next symbol.
      if (rest !== "") this.#nextBlock();
    }
  }

  #nextBlock(): void {
    this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = new Uint8Array(PIECE);
    this.#used = 0;
  }
}
