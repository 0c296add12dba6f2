import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** The repository. */
export const root = path.resolve(import.meta.dirname, "..", "..");

/** What `npm run build` makes. */
export const dist = path.join(root, "dist");

/** A folder of its own outside the repository; removed with `remove`. */
export function temporaryFolder(name: string): { folder: string; remove: () => void } {
  // realpath: on macOS the temporary folder lies behind a link, and tools print what is behind it.
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `mynah-${name}-`)));
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}
