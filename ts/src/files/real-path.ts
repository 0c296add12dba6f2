import { realpathSync } from "node:fs";
import { resolve } from "node:path";

/** Where a path leads in the end, so that a link to a file counts as the file; the path itself where nothing is there yet. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
