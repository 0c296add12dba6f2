// The suites of `npm test`, in the order in which they run: quick and inner ones first.
import { nativeCrates, rustExamples, wasmCrates } from "./crates.mjs";
import { vitest } from "./vitest.mjs";

/** @typedef {import("../setup/main.mjs").Ready} Ready */
/** @typedef {import("./tally.mjs").Counts} Counts */

/**
 * @typedef {object} Suite
 * @property {string} name as in `npm test -- NAME`
 * @property {string} title
 * @property {("dist" | "chromium")[]} needs what has to be there before it runs
 * @property {(ready: Ready) => Promise<Counts>} run
 */

/** @type {readonly Suite[]} */
export const suites = [
  { name: "scripts", title: "the set-up and the tally themselves", needs: [], run: vitest("scripts") },
  { name: "crates", title: "Rust crates, native", needs: [], run: nativeCrates },
  { name: "rustdoc", title: "examples in Rust's documentation", needs: [], run: rustExamples },
  {
    name: "wasm-simd128",
    title: "Rust crates as wasm, simd128 build",
    needs: [],
    run: wasmCrates("simd128"),
  },
  {
    name: "wasm-relaxed",
    title: "Rust crates as wasm, relaxed build",
    needs: [],
    run: wasmCrates("relaxed"),
  },
  { name: "api", title: "the TypeScript API in Node", needs: ["dist"], run: vitest("api") },
  { name: "cli", title: "the command line", needs: ["dist"], run: vitest("cli") },
  {
    name: "package",
    title: "the packed package in empty projects",
    needs: ["dist", "chromium"],
    run: vitest("package"),
  },
  {
    name: "docs",
    title: "samples, links and tables of the documentation",
    needs: ["dist", "chromium"],
    run: vitest("docs"),
  },
  { name: "bench", title: "the benchmarks still run", needs: ["dist", "chromium"], run: vitest("bench") },
  { name: "browser", title: "the package in Chromium", needs: ["dist", "chromium"], run: vitest("browser") },
  {
    name: "examples",
    title: "the programs of ts/examples",
    needs: ["dist", "chromium"],
    run: vitest("examples"),
  },
];
