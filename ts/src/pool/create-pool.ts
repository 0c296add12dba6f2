import type { Pool } from "./pool.js";
import { fetched } from "../fetched.js";
import { checkOptions } from "../options/check.js";
import type { PoolOptions } from "../options/pool-types.js";
import { MynahError } from "../errors.js";

/**
 * Loads one model into several workers, for a service that many people use at once:
 *
 * ```ts
 * const pool = await createPool({ model: await readFile("notes.safetensors"), workers: 4 });
 * const session = await pool.session();
 * ```
 *
 * @throws MynahError `missing-option`, `bad-model-file`, `unsupported-engine`, `worker-crashed` where a worker cannot be started, or one of
 * `unknown-option` and `invalid-option`; on abort the signal's `reason`.
 */
export async function createPool(options: PoolOptions): Promise<Pool> {
  checkOptions("pool", options);
  if (options.model === undefined) {
    throw new MynahError("missing-option", "The model is missing: give model, the bytes of a model file");
  }
  // What belongs to the caller is copied at once, before anything is awaited.
  const own = { ...options, model: new Uint8Array(options.model) };
  // Fetched only where there is a pool.
  const { openPool } = await fetched("pool", import("./open-pool.js"));
  return openPool(own);
}
