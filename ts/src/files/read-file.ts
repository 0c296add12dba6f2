// Reading files, in Node.
import { open, type FileHandle } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MynahError } from "../errors.js";

// In bytes: few calls, and little to wait for an abort.
const PIECE = 1 << 18;

/**
 * The bytes of a file as they come; of one whose place another file takes meanwhile, as it was.
 *
 * @throws MynahError `file-not-found`, `is-a-directory` or `unreadable-file`, also at its end where it was changed meanwhile.
 */
export async function* readFileInPieces(path: string | URL): AsyncGenerator<Uint8Array, void, undefined> {
  const name = path instanceof URL ? fileURLToPath(path) : path;
  try {
    const file = await open(path);
    try {
      yield* piecesOf(file, name);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cause instanceof MynahError ? cause : unreadFile(name, cause);
  }
}

async function* piecesOf(file: FileHandle, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const before = await file.stat();
  for (;;) {
    const piece = new Uint8Array(PIECE);
    const { bytesRead } = await file.read(piece, 0, PIECE, null);
    if (bytesRead === 0) break;
    yield piece.subarray(0, bytesRead);
  }
  const after = await file.stat();
  // Its end may not go with its beginning. A pipe is what it gives.
  if (before.isFile() && (after.size !== before.size || after.mtimeMs !== before.mtimeMs)) {
    const words = `${name} was changed while it was read; try again when nobody writes to it`;
    throw new MynahError("unreadable-file", words);
  }
}

/** Why a file could not be read. */
export function unreadFile(path: string, cause: unknown): MynahError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new MynahError("file-not-found", `There is no file ${path === "" ? '""' : path}`, { cause });
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
