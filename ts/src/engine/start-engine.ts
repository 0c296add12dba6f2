import { abortable } from "../abort.js";
import type { EngineApi } from "./engine-api.js";
import { InProcessEngine } from "./in-process-engine.js";
import { PLACE_DEFAULTS } from "../options/defaults.js";
import type { Abortable, PlaceOptions } from "../options/types.js";
import type { Build } from "../types.js";
import { instantiatedBuild } from "../wasm/instance.js";
import { wasmModule } from "../wasm/modules.js";
import { chooseBuild } from "../wasm/probe.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/**
 * Starts an engine in a place, and gives it its first task. Should that fail, the engine is disposed of.
 *
 * @throws MynahError `unsupported-engine`, and what the task throws; on abort the signal's `reason`.
 */
export async function startEngine<Result>(
  place: PlaceOptions & Abortable,
  firstTask: (engine: EngineApi) => Promise<Result>,
): Promise<{ engine: EngineApi; build: Build; result: Result }> {
  const { worker = PLACE_DEFAULTS.worker, signal } = place;
  const wanted = place.build ?? PLACE_DEFAULTS.build;
  // In this thread there is one instance for all, and who leaves the choice to us takes the one there is.
  const shared = worker || wanted !== "auto" ? undefined : instantiatedBuild();
  const build = shared ?? chooseBuild(wanted);
  // A worker takes as long to start as the module to compile: both at once.
  const engine = worker ? WorkerEngine.spawn() : new InProcessEngine();
  try {
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
