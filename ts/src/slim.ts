/// <reference lib="esnext.disposable" preserve="true" />
// `mynah/slim`: as `mynah`, but it names no file, so that no bundler looks for one, and is told where they are.
import type { Places } from "./platform/places.js";
import { setPlaces } from "./platform/set-places.js";

export * from "./index.js";
export type { FilePlaces, Places, WasmSource } from "./platform/places.js";

/**
 * Says where the WebAssembly and the worker are, before the first model is made:
 *
 * ```ts
 * configure({ wasm: { simd128: "/assets/mynah_simd128.wasm" }, worker: "/assets/mynah-worker.js" });
 * ```
 *
 * May be called again; what is said later counts for what is not loaded yet. Without a worker models run in the thread that makes them.
 *
 * @throws MynahError `unknown-option` or `invalid-option`.
 */
export function configure(places: Places): void {
  setPlaces("mynah/slim", places, ["wasm", "worker", "corpora"]);
}
