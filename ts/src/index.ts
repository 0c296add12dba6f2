/// <reference lib="esnext.disposable" preserve="true" />
// `mynah`: finds its worker and its WebAssembly by itself.
export * from "./public-names.js";
export { POOL_DEFAULTS } from "./options/defaults.js";
export type { PoolOptions } from "./options/pool-types.js";
export { createPool } from "./pool/create-pool.js";
export type { Pool } from "./pool/pool.js";
