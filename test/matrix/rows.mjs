// The rows of the matrix: what is tried, with which tools, and how.
import { bundlers } from "./bundlers.mjs";
import { pages } from "./pages.mjs";
import { runtimes } from "./runtimes.mjs";

/**
 * @typedef {object} Row
 * @property {string} name as in `npm run test:matrix -- NAME`
 * @property {string} what for the table
 * @property {readonly string[]} [tools] npm packages whose versions the table names
 * @property {"page" | "other"} kind whether it needs a browser
 * @property {boolean} [isQuick] whether it is run by `npm test`, too: with tools that the repository has anyway
 * @property {(matrix: import("./matrix.mjs").Matrix) => Promise<string>} run words for the table; throws where it fails
 * @property {() => string} [version] where it is not that of the tools
 */

/** @type {readonly Row[]} */
export const rows = [...bundlers, ...pages, ...runtimes];

/** What nobody has run, and why. */
export const NOT_RUN = [
  [
    "Firefox, Safari",
    "no binaries of them here; what mynah needs came with Firefox 114 (module workers) and Safari 16.4 (SIMD)",
  ],
  [
    "Next.js itself",
    "its server rendering is what the row of React's does: import and render in Node; a page of it is a React page",
  ],
  [
    "Cloudflare Workers and other edge runtimes",
    "none runs here; `mynah/core` takes a `WebAssembly.Module`, as they give it",
  ],
  ["macOS, Windows", "one Linux machine"],
];
