// Reading files, in Node.
import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { MynahError } from "../errors.js";

// In bytes: few calls, and little to wait for an abort.
const PIECE = 1 << 18;

/**
 * The bytes of a file as they come.
 *
 * @throws MynahError `file-not-found`, `is-a-directory` or `unreadable-file`.
 */
export async function* readFileInPieces(path: string | URL): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE });
  } catch (cause) {
    throw unreadFile(path instanceof URL ? fileURLToPath(path) : path, cause);
  }
}

/** Why a file could not be read. */
export function unreadFile(path: string, cause: unknown): MynahError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new MynahError("file-not-found", `There is no file ${path}`, { cause });
    case "EISDIR":
      return new MynahError("is-a-directory", `${path} is a folder; a file is wanted`, { cause });
    case "EACCES":
    case "EPERM":
      return new MynahError("unreadable-file", `${path} may not be read: permission denied`, { cause });
    default: {
      const detail = cause instanceof Error ? cause.message : String(cause);
      return new MynahError("unreadable-file", `${path} cannot be read (${detail})`, { cause });
    }
  }
}
