import fs from "node:fs";
import { createRequire } from "node:module";
import { nodeResolve } from "@rollup/plugin-node-resolve";

const { resolve } = createRequire(import.meta.url);

const wasm = ["mynah_simd128.wasm", "mynah_relaxed.wasm"];

const copyWasm = {
  name: "copy-wasm",
  generateBundle() {
    for (const fileName of wasm) {
      this.emitFile({ type: "asset", fileName, source: fs.readFileSync(resolve(`mynah/wasm/${fileName}`)) });
    }
  },
};

export default {
  input: { main: "main.js", "mynah-worker": "mynah/worker" },
  plugins: [nodeResolve({ browser: true }), copyWasm],
  output: { dir: "dist" },
};
