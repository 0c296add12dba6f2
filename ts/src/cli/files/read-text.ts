import { constants, isUtf8 } from "node:buffer";
import { readInput } from "./read-file.js";
import { MynahError } from "../../errors.js";

/**
 * Reads a UTF-8 text file, or stdin for `-`. A byte order mark is dropped; everything else, line ends included, stays as it is.
 *
 * @throws MynahError `file-not-found`, `is-a-directory`, `unreadable-file`, `empty-text`, `binary-file`, `invalid-utf8` or
 * `text-too-long`.
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readInput(path), path === "-" ? "stdin" : path);
}

/**
 * Decodes UTF-8. `name` is what messages call the source.
 *
 * @throws MynahError `empty-text`, `binary-file`, `invalid-utf8` or `text-too-long`.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  if (bytes.length === 0) throw new MynahError("empty-text", `${name} is empty`);
  if (startsAsUtf16(bytes)) {
    throw new MynahError("invalid-utf8", `${name} is UTF-16 text; save it as UTF-8 first`);
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw new MynahError("binary-file", `${name} is not a text file: there is a NUL byte at offset ${nul}`);
  }
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes);
    throw new MynahError(
      "invalid-utf8",
      `${name} is not UTF-8 text: the byte at offset ${offset} (line ${lineOf(bytes, offset)}) fits no character`,
    );
  }
  const text = decodeValid(bytes, name);
  if (text === "") throw new MynahError("empty-text", `${name} is empty but for a byte order mark`);
  return text;
}

/** UTF-8 without a fault can only be too long. */
function decodeValid(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    const most = Math.floor(constants.MAX_STRING_LENGTH / 1e6);
    throw new MynahError(
      "text-too-long",
      `${name} has ${Math.floor(bytes.length / 1e6)} MB, and a JavaScript string holds ${most} million characters at most; split the text, and train on one part after another`,
      { cause },
    );
  }
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
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  // Up to there all is well, but the last character may be one whose rest is wrong, or missing.
  while (!isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
}

/** Whether the bytes are UTF-8, or would be if a last character that is cut short went on. */
function isPrefixOfUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 0x0a) line += 1;
  return line;
}
