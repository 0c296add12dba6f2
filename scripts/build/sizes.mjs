// What the package weighs: bytes as they lie in dist/ and as a server would send them.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { distDir } from "../lib/paths.mjs";
import { filesUnder } from "../lib/stamp.mjs";
import { size } from "../lib/text.mjs";

const PAGE = "browser/index.js";
const WORKER = "browser/worker.js";
const CORE = "browser/core.js";
const SLIM = "browser/slim.js";

/** What is counted together; a browser fetches one wasm file, and what is on demand, such as a corpus, when it is first used. */
const GROUPS = [
  { title: "wasm, simd128", files: /^wasm\/mynah_simd128\.wasm$/ },
  { title: "wasm, relaxed", files: /^wasm\/mynah_relaxed\.wasm$/ },
  { title: "JavaScript, page", files: /^browser\//, entry: PAGE },
  { title: "JavaScript, worker", files: /^browser\//, entry: WORKER },
  { title: "JavaScript, on demand", files: /^browser\// },
  { title: "JavaScript, mynah/core", files: /^browser\//, entry: CORE },
  { title: "JavaScript, Node and CLI", files: /^(node\/.*|cli)\.js$/ },
  { title: "corpora", files: /^corpora\// },
];

/**
 * @typedef {object} Size bytes of files that are counted together
 * @property {string} title
 * @property {number} raw
 * @property {number} zipped by gzip, each file for itself
 */

/** @returns {Size[]} */
export function sizes() {
  const names = filesUnder(distDir).map((file) => path.relative(distDir, file).split(path.sep).join("/"));
  /** @type {Map<string, string>} */
  const entries = new Map();
  // Slim and the page share all but a few lines, which count as the page's.
  for (const entry of [SLIM, CORE, WORKER, PAGE])
    for (const name of importedBy(entry)) entries.set(name, entry);
  return GROUPS.map(({ title, files, entry }) => {
    let [raw, zipped] = [0, 0];
    for (const name of names.filter((it) => files.test(it) && entries.get(it) === entry)) {
      const bytes = fs.readFileSync(path.join(distDir, name));
      raw += bytes.length;
      zipped += gzipSync(bytes, { level: 9 }).length;
    }
    return { title, raw, zipped };
  });
}

export function printSizes() {
  console.log("  in dist/                        raw       gzip");
  for (const { title, raw, zipped } of sizes()) {
    console.log(`    ${title.padEnd(26)}${size(raw).padStart(11)}${size(zipped).padStart(11)}`);
  }
}

/**
 * @param {string} entry
 * @returns {string[]} the file, and those that come with it because they are imported, but not on demand
 */
function importedBy(entry) {
  const files = new Set([entry]);
  for (const name of files) {
    const code = fs.readFileSync(path.join(distDir, name), "utf8");
    for (const [, imported = ""] of code.matchAll(
      /(?:^|;)(?:import|export)\b[^'"()]*['"](\.\/[^'"]+)['"]/gm,
    )) {
      files.add(path.posix.join(path.posix.dirname(name), imported));
    }
  }
  return [...files];
}
