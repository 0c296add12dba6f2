// How build/ts becomes the bundles of the package: one set for Node, one for browsers, everything that is imported inside.
import path from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { transform } from "esbuild";

/**
 * The one module in which Node and browsers differ: `#platform` in the sources, see "imports" in package.json.
 *
 * @param {string} compiled
 * @param {"node" | "browser"} platform
 * @returns {import("rollup").Plugin}
 */
const choosePlatform = (compiled, platform) => ({
  name: "choose-platform",
  resolveId: (id) => (id === "#platform" ? path.join(compiled, "platform", `${platform}.js`) : null),
});

/**
 * Takes comments and white space out, which half of a page's JavaScript would be. Names stay: they are what a stack tells its reader.
 *
 * @returns {import("rollup").Plugin}
 */
const shorten = () => ({
  name: "shorten",
  renderChunk: (code) => transform(code, { minifyWhitespace: true, target: "es2022", legalComments: "none" }),
});

/** @type {import("rollup").RollupOptions["onwarn"]} A warning is a fault: an unresolved import would break a user's build. */
const onwarn = (warning) => {
  throw new Error(warning.message);
};

/**
 * @param {string} compiled folder with the JavaScript that tsc made
 * @param {string} folder where the bundles go
 * @returns {import("rollup").RollupOptions[]}
 */
export default function bundles(compiled, folder) {
  const at = (/** @type {string[]} */ ...parts) => path.join(compiled, ...parts);
  return [
    {
      input: {
        "node/index": at("index.js"),
        "node/worker": at("worker", "worker.js"),
        cli: at("cli", "main.js"),
      },
      external: /^node:/,
      // commander is a CommonJS module; nothing that a browser gets is.
      plugins: [
        choosePlatform(compiled, "node"),
        nodeResolve({ exportConditions: ["node"] }),
        commonjs(),
        shorten(),
      ],
      onwarn,
      // What the three share lies beside index.js, where "../wasm/" leads to the wasm files from.
      output: { dir: folder, format: "es", chunkFileNames: "node/[name]-[hash].js" },
    },
    // Page and worker share nothing: in a chunk of both, the worker would hold the lines that start a worker, and Vite refuses
    // a worker that may start itself. What is imported on demand is a file of its own for the page; the worker imports nothing so,
    // because Vite makes one plain script of it.
    ...[{ "browser/index": at("index.js") }, { "browser/worker": at("worker", "worker.js") }].map(
      (input) => ({
        input,
        plugins: [choosePlatform(compiled, "browser"), nodeResolve({ browser: true }), shorten()],
        onwarn,
        output: /** @type {const} */ ({
          dir: folder,
          format: "es",
          chunkFileNames: "browser/[name]-[hash].js",
        }),
      }),
    ),
  ];
}
