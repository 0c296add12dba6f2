// How build/ts becomes the bundles of the package: one set for Node, one for browsers, everything that is imported inside.
import path from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { transform } from "esbuild";
import { withoutHelp } from "./scripts/build/without-help.mjs";

/**
 * The one module in which Node and browsers differ: `#platform` in the sources, see "imports" in package.json.
 *
 * @param {string} compiled
 * @param {"node" | "node-core" | "browser"} platform
 * @returns {import("rollup").Plugin}
 */
const choosePlatform = (compiled, platform) => ({
  name: "choose-platform",
  resolveId: (id) => (id === "#platform" ? path.join(compiled, "platform", `${platform}.js`) : null),
});

/**
 * Takes out what a machine does not read, which most of a page's JavaScript would be. A browser, which fetches it, gets short names for
 * all but properties and methods, too: a fifth less, compressed. In Node the names stay, which are what a stack tells its reader.
 *
 * @param {{ names: "stay" | "shorten" }} how
 * @returns {import("rollup").Plugin}
 */
const shorten = ({ names }) => ({
  name: "shorten",
  renderChunk: (code) =>
    transform(code, {
      format: "esm",
      minifyWhitespace: true,
      minifySyntax: true,
      minifyIdentifiers: names === "shorten",
      // Node shows the line that threw, which would be all of a file.
      ...(names === "stay" ? { lineLimit: 120 } : {}),
      target: "es2022",
      legalComments: "none",
    }),
});

/** @type {import("rollup").RollupOptions["onwarn"]} A warning is a fault: an unresolved import would break a user's build. */
const onwarn = (warning) => {
  throw new Error(warning.message);
};

/**
 * A bundle for browsers. What is imported on demand is a file of its own, unless it is to be one file.
 *
 * @param {string} compiled
 * @param {string} folder
 * @param {{ input: Record<string, string>, isOneFile?: boolean }} what
 * @returns {import("rollup").RollupOptions}
 */
const forBrowsers = (compiled, folder, { input, isOneFile = false }) => ({
  input,
  plugins: [
    choosePlatform(compiled, "browser"),
    withoutHelp(compiled),
    nodeResolve({ browser: true }),
    shorten({ names: "shorten" }),
  ],
  onwarn,
  output: {
    dir: folder,
    format: "es",
    chunkFileNames: "browser/[name]-[hash].js",
    inlineDynamicImports: isOneFile,
  },
});

/**
 * @param {string} compiled
 * @param {string} folder
 * @param {{ input: Record<string, string>, platform?: "node" | "node-core", isOneFile?: boolean }} what
 * @returns {import("rollup").RollupOptions}
 */
const forNode = (compiled, folder, { input, platform = "node", isOneFile = false }) => ({
  input,
  external: /^node:/,
  // commander is a CommonJS module; nothing that a browser gets is.
  plugins: [
    choosePlatform(compiled, platform),
    nodeResolve({ exportConditions: ["node"] }),
    commonjs(),
    shorten({ names: "stay" }),
  ],
  onwarn,
  // What the bundles share lies beside index.js, where "../wasm/" leads to the wasm files from.
  output: {
    dir: folder,
    format: "es",
    chunkFileNames: "node/[name]-[hash].js",
    inlineDynamicImports: isOneFile,
  },
});

/**
 * @param {string} compiled folder with the JavaScript that tsc made
 * @param {string} folder where the bundles go
 * @returns {import("rollup").RollupOptions[]}
 */
export default function bundles(compiled, folder) {
  const at = (/** @type {string[]} */ ...parts) => path.join(compiled, ...parts);
  const node = {
    "node/index": at("index.js"),
    "node/worker": at("worker", "worker.js"),
    cli: at("cli", "main.js"),
  };
  const page = { "browser/index": at("entries", "page.js"), "browser/slim": at("slim.js") };
  // Core shares nothing, because it has another platform, or imports nothing on demand, which service workers refuse.
  return [
    forNode(compiled, folder, { input: node }),
    forNode(compiled, folder, {
      input: { "node/core": at("core.js") },
      platform: "node-core",
      isOneFile: true,
    }),
    // Page and worker share nothing: in a chunk of both, the worker would hold the lines that start a worker, and Vite refuses
    // a worker that may start itself. The worker imports nothing on demand, because Vite makes one plain script of it.
    forBrowsers(compiled, folder, { input: page }),
    forBrowsers(compiled, folder, { input: { "browser/worker": at("worker", "worker.js") } }),
    forBrowsers(compiled, folder, {
      input: { "browser/core": at("entries", "web-core.js") },
      isOneFile: true,
    }),
  ];
}
