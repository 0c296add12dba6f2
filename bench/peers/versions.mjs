// Which version of an npm package of the peers is installed.
import { readFileSync } from "node:fs";

/** Names of the packages, by the peers of in-node.mjs. */
const PACKAGES = { tfjs: "@tensorflow/tfjs", "brain.js": "brain.js", "onnxruntime-web": "onnxruntime-web" };

/**
 * @param {string} peer
 * @returns {string | undefined} of mynah, which is this repository's: none
 */
export function versionOf(peer) {
  const name = PACKAGES[peer];
  if (name === undefined) return undefined;
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}
