// Where things are: every folder that more than one script names.
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

/** @param {...string} parts */
export const inRoot = (...parts) => path.join(root, ...parts);

/** What is built on the way to dist/: wasm, JavaScript of TypeScript, stamps, test reports. Git-ignored. */
export const buildDir = inRoot("build");

/** What the published package holds. Git-ignored. */
export const distDir = inRoot("dist");

/** Command-line tools of the npm packages, wasm-opt among them. */
export const npmBinDir = inRoot("node_modules", ".bin");
