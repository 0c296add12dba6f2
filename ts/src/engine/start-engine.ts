import { abortable } from "../abort.js";
import type { EngineApi } from "./engine-api.js";
import { fetched } from "../fetched.js";
import { PLACE_DEFAULTS } from "../options/defaults.js";
import type { Abortable, PlaceOptions } from "../options/types.js";
import type { Build } from "../types.js";
import { wasmModule } from "../wasm/modules.js";
import { chooseBuild } from "../wasm/probe.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/**
 * Starts an engine in a place, and gives it its first task. Should that fail, the engine is disposed of.
 *
 * @throws MynahError `unsupported-engine`, `wasm-unavailable`, `internal` when a part of the package could not be fetched, and what the task throws; on abort
 * the signal's `reason`.
 */
export async function startEngine<Result>(
  place: PlaceOptions & Abortable,
  firstTask: (engine: EngineApi) => Promise<Result>,
): Promise<{ engine: EngineApi; build: Build; result: Result }> {
  const { worker = PLACE_DEFAULTS.worker, signal } = place;
  const wanted = place.build ?? PLACE_DEFAULTS.build;
  const { build, engine } = worker ? inWorker(wanted) : await inThisThread(wanted);
  try {
    // A worker takes as long to start as the module to compile: both at once.
    const result = await abortable(signal, async () => {
      await engine.start(await wasmModule(build), build);
      return firstTask(engine);
    });
    return { engine, build, result };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/**
 * An engine in a place, without WebAssembly: for work that needs none.
 *
 * @throws MynahError `worker-crashed` where no worker may be started, `internal` when a part of the package could not be fetched.
 */
export async function bareEngine(worker: boolean): Promise<EngineApi> {
  if (worker) return WorkerEngine.spawn();
  const { InProcessEngine } = await inProcess();
  return new InProcessEngine();
}

type Wanted = NonNullable<PlaceOptions["build"]>;

interface Chosen {
  readonly build: Build;
  readonly engine: EngineApi;
}

function inWorker(wanted: Wanted): Chosen {
  return { build: chooseBuild(wanted), engine: WorkerEngine.spawn() };
}

async function inThisThread(wanted: Wanted): Promise<Chosen> {
  const { InProcessEngine, instantiatedBuild } = await inProcess();
  // In this thread there is one instance for all, and who leaves the choice to us takes the one there is.
  const shared = wanted === "auto" ? instantiatedBuild() : undefined;
  return { build: shared ?? chooseBuild(wanted), engine: new InProcessEngine() };
}

/** A page that leaves the work to workers does without what works. */
function inProcess(): Promise<typeof import("./in-process-engine.js")> {
  return fetched("engine", import("./in-process-engine.js"));
}
