// Node without workers, for mynah/core, which may be told where its files are.
import { readFile } from "node:fs/promises";
import { compiledFrom, corpusPlace, hasWasmPlace, setOwnPlaces, wasmPlace } from "./places.js";
import { noWorker, type Platform } from "./platform.js";

export * from "./node.js";

// As in node.ts: the bundle ends up in dist/node/.
setOwnPlaces({
  wasm: (build) => new URL(`../wasm/mynah_${build}.wasm`, import.meta.url),
  corpus: (name) => new URL(`../corpora/${name}.txt`, import.meta.url),
});

export const hasBuild: Platform["hasBuild"] = hasWasmPlace;

export const compileWasm: Platform["compileWasm"] = (build) =>
  compiledFrom(wasmPlace(build), async (place) => WebAssembly.compile(await readFile(place)));

export const readCorpus: Platform["readCorpus"] = (name) => readFile(corpusPlace(name));

export const startsWorkers: Platform["startsWorkers"] = () => false;

export const spawnWorker: Platform["spawnWorker"] = () => {
  throw noWorker();
};
