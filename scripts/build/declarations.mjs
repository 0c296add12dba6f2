// Which declaration files the package needs: those of its entries and what they refer to, and nothing of the inside.
import fs from "node:fs";
import path from "node:path";
import { Stop } from "../lib/stop.mjs";

/** `from "./model.js"`, `import("./model.js")` and `import "./model.js"`. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"]+)"/g;

/**
 * @param {string[]} entries
 * @returns {string[]} the entries and every declaration file that can be reached from them
 */
export function publicDeclarations(entries) {
  const files = new Set(entries);
  for (const file of files) {
    for (const [, name = ""] of fs.readFileSync(file, "utf8").matchAll(IMPORT)) {
      if (!name.startsWith(".")) {
        throw new Stop(
          `${file} refers to ${name}, which users of the package do not have: keep it out of the public types.`,
        );
      }
      files.add(path.resolve(path.dirname(file), name.replace(/\.js$/, ".d.ts")));
    }
  }
  return [...files];
}
