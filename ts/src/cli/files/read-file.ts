import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { MynahError } from "../../errors.js";

/**
 * All bytes of a file, or of stdin for `-`.
 *
 * @throws MynahError `file-not-found`, `is-a-directory` or `unreadable-file`.
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch (cause) {
    throw explain(path, cause);
  }
}

function explain(path: string, cause: unknown): MynahError {
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
