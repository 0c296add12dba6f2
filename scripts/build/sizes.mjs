// What the package weighs: bytes as they lie in dist/ and as a server would send them.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { distDir } from "../lib/paths.mjs";
import { filesUnder } from "../lib/stamp.mjs";
import { size } from "../lib/text.mjs";

/** What is counted together; a browser fetches one wasm file, the browser JavaScript, and a corpus only by name. */
const GROUPS = [
  { title: "wasm, simd128", files: /^wasm\/mynah_simd128\.wasm$/ },
  { title: "wasm, relaxed", files: /^wasm\/mynah_relaxed\.wasm$/ },
  { title: "JavaScript, browser", files: /^browser\/.*\.js$/ },
  { title: "JavaScript, Node and CLI", files: /^(node\/.*|cli)\.js$/ },
  { title: "corpora", files: /^corpora\// },
];

export function printSizes() {
  const names = filesUnder(distDir).map((file) => path.relative(distDir, file).split(path.sep).join("/"));
  console.log("  in dist/                        raw       gzip");
  for (const { title, files } of GROUPS) {
    let [raw, zipped] = [0, 0];
    for (const name of names.filter((it) => files.test(it))) {
      const bytes = fs.readFileSync(path.join(distDir, name));
      raw += bytes.length;
      zipped += gzipSync(bytes, { level: 9 }).length;
    }
    console.log(`    ${title.padEnd(26)}${size(raw).padStart(11)}${size(zipped).padStart(11)}`);
  }
}
