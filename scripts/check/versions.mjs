// One version: of the npm package, of its lock file and of the crates (the wasm module says its crate's version).
import fs from "node:fs";
import { inRoot } from "../lib/paths.mjs";

/** @returns {string[]} one line for each mismatch */
export function findVersionMismatches() {
  const read = (/** @type {string} */ name) => fs.readFileSync(inRoot(name), "utf8");
  /** @type {{ version: string }} */
  const { version } = JSON.parse(read("package.json"));
  const others = {
    "package-lock.json": JSON.parse(read("package-lock.json")).version,
    "Cargo.toml": /^\[workspace\.package\][^[]*?^version\s*=\s*"([^"]+)"/ms.exec(read("Cargo.toml"))?.[1],
    "Cargo.lock": /name = "mynah-wasm"\nversion = "([^"]+)"/.exec(read("Cargo.lock"))?.[1],
  };
  return Object.entries(others)
    .filter(([, other]) => other !== version)
    .map(([name, other]) => `package.json has version ${version}, ${name} has ${other}`);
}
