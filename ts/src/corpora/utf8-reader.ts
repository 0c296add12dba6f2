import { MynahError } from "../errors.js";

/** Decodes UTF-8 that comes in pieces, which may end within a character. A byte order mark is dropped; all else stays as it is. */
export class Utf8Reader {
  readonly #name: string;
  // It would look for a mark at the beginning of every piece.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The beginning of a character whose rest is still to come. */
  #tail = new Uint8Array();
  /** Bytes that were decoded. */
  #offset = 0;
  #line = 1;

  /** @param name - what messages call the source */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * The characters that end in this piece.
   *
   * @throws MynahError `binary-file` or `invalid-utf8`, with the place of the byte.
   */
  read(piece: Uint8Array): string {
    const bytes = this.#tail.length === 0 ? piece : joined(this.#tail, piece);
    if (this.#offset === 0 && startsAsUtf16(bytes)) {
      throw new MynahError("invalid-utf8", `${this.#name} is UTF-16 text; save it as UTF-8 first`);
    }
    const nul = bytes.indexOf(0);
    if (nul >= 0) {
      const place = `there is a NUL byte at offset ${this.#offset + nul}`;
      throw new MynahError("binary-file", `${this.#name} is not a text file: ${place}`);
    }
    const end = endOfWhole(bytes);
    const whole = bytes.subarray(0, end);
    this.#tail = bytes.slice(end);
    return this.#decode(whole);
  }

  /**
   * To be called where something else than a piece comes next.
   *
   * @throws MynahError `invalid-utf8` where the last character is cut short.
   */
  endCharacter(): void {
    if (this.#tail.length > 0) throw this.#invalid(0, new Uint8Array());
  }

  /**
   * To be called after the last piece.
   *
   * @throws MynahError `empty-text`, or `invalid-utf8` where the last character is cut short.
   */
  end(): void {
    this.endCharacter();
    if (this.#offset === 0) throw new MynahError("empty-text", `${this.#name} is empty`);
  }

  #decode(bytes: Uint8Array): string {
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      throw this.#invalid(firstInvalidByte(bytes), bytes);
    }
    const isBeginning = this.#offset === 0;
    this.#offset += bytes.length;
    this.#line += lineEnds(bytes, bytes.length);
    return isBeginning && text.startsWith("\uFEFF") ? text.slice(1) : text;
  }

  #invalid(at: number, bytes: Uint8Array): MynahError {
    const place = `offset ${this.#offset + at} (line ${this.#line + lineEnds(bytes, at)})`;
    return new MynahError(
      "invalid-utf8",
      `${this.#name} is not UTF-8 text: the byte at ${place} fits no character; save it as UTF-8 first`,
    );
  }
}

// Decoded at a time, in bytes: of a piece that is no UTF-8 no more is searched for the place.
const SLICE = 1 << 20;

/**
 * Decodes UTF-8. `name` is what messages call the source.
 *
 * @throws MynahError `empty-text`, `binary-file`, `invalid-utf8` or `text-too-long`.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const reader = new Utf8Reader(name);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += SLICE) pieces.push(reader.read(bytes.subarray(at, at + SLICE)));
  reader.end();
  return joinText(pieces, name);
}

/**
 * A text from its parts.
 *
 * @throws MynahError `empty-text` or `text-too-long`.
 */
export function joinText(pieces: readonly string[], name: string): string {
  const text = concatenate(pieces, name);
  // A file without a byte is refused before.
  if (text === "") throw new MynahError("empty-text", `${name} is empty but for a byte order mark`);
  return text;
}

/**
 * One string of many.
 *
 * @throws MynahError `text-too-long`.
 */
export function concatenate(pieces: readonly string[], name: string): string {
  try {
    return pieces.join("");
  } catch (cause) {
    const units = pieces.reduce((sum, piece) => sum + piece.length, 0);
    throw new MynahError(
      "text-too-long",
      `${name} has ${Math.floor(units / 1e6)} MB, more than a JavaScript string can hold; split it`,
      { cause },
    );
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** Where a last character begins of which more is still to come; the end where there is none. */
function endOfWhole(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at -= 1) {
    const byte = bytes[at] ?? 0;
    // A continuation: what it goes on with stands before.
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}

function startsAsUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** Where the first character that is not UTF-8 begins. Only for messages. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isUtf8(bytes.subarray(0, middle), { stream: true })) low = middle;
    else high = middle - 1;
  }
  // Up to there all is well, but the last character may be one whose rest is wrong, or missing.
  while (!isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
}

/** With `stream`, whether it would be if a last character that is cut short went on. */
function isUtf8(bytes: Uint8Array, options: TextDecodeOptions = {}): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, options);
    return true;
  } catch {
    return false;
  }
}

/** Line ends before a place. */
function lineEnds(bytes: Uint8Array, before: number): number {
  let count = 0;
  let at = bytes.indexOf(0x0a);
  while (at >= 0 && at < before) {
    count += 1;
    at = bytes.indexOf(0x0a, at + 1);
  }
  return count;
}
