import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { unreadFile } from "../../files/read-file.js";

/**
 * All bytes of a file, or of stdin for `-`.
 *
 * @throws MynahError `file-not-found`, `is-a-directory` or `unreadable-file`.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch (cause) {
    throw unreadFile(path, cause);
  }
}
