import { cores } from "#platform";
import { PoolEngine } from "./pool-engine.js";
import { Pool } from "./pool.js";
import { abortable } from "../abort.js";
import { MynahError } from "../errors.js";
import { PLACE_DEFAULTS, POOL_DEFAULTS } from "../options/defaults.js";
import type { PoolOptions } from "../options/pool-types.js";
import { MOST_POOL_WORKERS } from "../options/pool-table.js";
import type { Build, ModelInfo } from "../types.js";
import { wasmModule } from "../wasm/modules.js";
import { chooseBuild } from "../wasm/probe.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/**
 * `createPool`, with its options checked.
 *
 * @param options - with a model that nobody else has
 */
export async function openPool(
  options: PoolOptions & { readonly model: Uint8Array<ArrayBuffer> },
): Promise<Pool> {
  const {
    model: file,
    signal,
    maxQueue = POOL_DEFAULTS.maxQueue,
    maxSessions = POOL_DEFAULTS.maxSessions,
  } = options;
  const { workers = Math.min(cores(), MOST_POOL_WORKERS) } = options;
  const build = chooseBuild(options.build ?? PLACE_DEFAULTS.build);
  const engine = new PoolEngine(async () => (await startWorker(file, build)).engine, maxSessions);
  signal?.throwIfAborted();
  const starting = Array.from({ length: workers }, () => startWorker(file, build));
  try {
    const started = await abortable(signal, () => Promise.all(starting));
    for (const worker of started) engine.add(worker.engine);
    const [first] = started;
    if (first === undefined) throw new MynahError("internal", "A pool has no workers");
    await abortable(signal, () => engine.prepare(first.info));
    return new Pool({ engine, info: first.info, build, workers, maxQueue });
  } catch (error) {
    for (const worker of starting) {
      void worker.then((it) => it.engine.dispose()).catch(() => undefined);
    }
    throw error;
  }
}

/** A worker with the model of a file, of which it gets a copy: those that take the place of others need it, too. */
async function startWorker(
  file: Uint8Array<ArrayBuffer>,
  build: Build,
): Promise<{ engine: WorkerEngine; info: ModelInfo }> {
  const engine = WorkerEngine.spawn();
  try {
    await engine.start(await wasmModule(build), build);
    return { engine, info: await engine.load(new Uint8Array(file), {}) };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}
