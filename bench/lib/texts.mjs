// Temporary folders, and texts in them as files for processes of their own: those make none themselves, whose making would
// count as their memory.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { removeAtExit } from "../../scripts/lib/cleanup.mjs";
import { textOf } from "./text.mjs";

const SHAKESPEARE = fileURLToPath(new URL("../../../shared/data/tinyshakespeare.txt", import.meta.url));

/** A new temporary folder; `remove` takes it away, and so does the end of the process, also by a signal. */
export function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mynah-bench-"));
  const forget = removeAtExit(folder);
  const remove = () => {
    forget();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { folder, remove };
}

/** A temporary folder of texts, which `remove` takes away. */
export function textFolder() {
  const { folder, remove } = temporaryFolder();
  return {
    folder,
    /** Tiny Shakespeare where it is at hand, else a text of its size and alphabet. */
    usual() {
      return this.isShakespeare ? SHAKESPEARE : this.of(1_115_394, 65);
    },
    isShakespeare: fs.existsSync(SHAKESPEARE),
    /**
     * @param {number} symbols
     * @param {number} vocabularySize
     */
    of(symbols, vocabularySize) {
      const file = path.join(folder, `${symbols}-${vocabularySize}.txt`);
      if (fs.existsSync(file)) return file;
      // A long text repeats a shorter one: what is learnt does not matter.
      const block = textOf(Math.min(symbols, 1_000_000), vocabularySize);
      const out = fs.openSync(file, "w");
      for (let left = symbols; left > 0; left -= block.length) fs.writeSync(out, block.slice(0, left));
      fs.closeSync(out);
      return file;
    },
    remove,
  };
}
