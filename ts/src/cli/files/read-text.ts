import { readBytes } from "./read-bytes.js";
import { decodeText } from "../../corpora/utf8-reader.js";

/**
 * Reads a UTF-8 text file, or stdin for `-`. A byte order mark is dropped; everything else, line ends included, stays as it is.
 *
 * @throws MynahError `file-not-found`, `is-a-directory`, `unreadable-file`, `empty-text`, `binary-file`, `invalid-utf8` or
 * `text-too-long`.
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path), path === "-" ? "stdin" : path);
}

/** What a shell, or an editor, puts at the end is no part of what was meant: a model of names would not know it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
