/// <reference lib="esnext.disposable" preserve="true" />
// `mynah/core`: starts no worker and imports nothing on demand, for one's own worker and for a service worker, which may not.
import { PLACE_DEFAULTS as OF_MYNAH } from "./options/defaults.js";
import type { FilePlaces } from "./platform/places.js";
import { setPlaces } from "./platform/set-places.js";

export * from "./public-names.js";
export type { FilePlaces, WasmSource } from "./platform/places.js";

/** Models run in the thread that makes them. */
export const PLACE_DEFAULTS = { ...OF_MYNAH, worker: false } as const;

/**
 * Says where the files are, for a bundler that does not find them by itself, before the first model is made:
 *
 * ```ts
 * configure({ wasm: { simd128: wasm } }); // what the bundler makes of "mynah/wasm/mynah_simd128.wasm": a URL, bytes or a module
 * ```
 *
 * @throws MynahError `unknown-option` or `invalid-option`.
 */
export function configure(places: FilePlaces): void {
  setPlaces("mynah/core", places, ["wasm", "corpora"]);
}
