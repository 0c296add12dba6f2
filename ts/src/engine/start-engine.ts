import { startsWorkers } from "#platform";
import { abortable } from "../abort.js";
import type { EngineApi } from "./engine-api.js";
import { MynahError } from "../errors.js";
import { fetched } from "../fetched.js";
import { PLACE_DEFAULTS } from "../options/defaults.js";
import type { Abortable, PlaceOptions } from "../options/types.js";
import { failedStart, noteFailedStart } from "../platform/failed-start.js";
import { NotStarted } from "../platform/platform.js";
import type { Build } from "../types.js";
import { wasmModule } from "../wasm/modules.js";
import { chooseBuild } from "../wasm/probe.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/** Jobs count from 1. */
const NO_JOB = 0;

/**
 * Starts an engine in a place, and gives it its first task. Should that fail, the engine is disposed of. Where a worker was not asked
 * for in so many words, and none can be started, the engine is in this thread.
 *
 * @throws MynahError `unsupported-engine`, `wasm-unavailable`, `internal` when a part of the package could not be fetched, and what the task throws; on abort
 * the signal's `reason`.
 */
export async function startEngine<Result>(
  place: PlaceOptions & Abortable,
  firstTask: (engine: EngineApi) => Promise<Result>,
): Promise<{ engine: EngineApi; build: Build; result: Result }> {
  const { worker, build: wanted = PLACE_DEFAULTS.build, signal } = place;
  const { engine, build } = await inWorkerOr(
    worker,
    async () => begun(inWorker(wanted), signal),
    async () => begun(await inThisThread(wanted), signal),
  );
  const result = await orDisposed(engine, () => abortable(signal, () => firstTask(engine)));
  return { engine, build, result };
}

/**
 * An engine in a place, without WebAssembly: for work that needs none.
 *
 * @throws MynahError `worker-crashed` where a worker was asked for and may not be started, `internal` when a part of the package could
 * not be fetched; on abort the signal's `reason`.
 */
export async function bareEngine({
  worker,
  signal,
}: Pick<PlaceOptions, "worker"> & Abortable): Promise<EngineApi> {
  return inWorkerOr(
    worker,
    async (): Promise<EngineApi> => {
      const engine = WorkerEngine.spawn();
      // An answer, whatever was asked, shows that it runs.
      await orDisposed(engine, () => abortable(signal, () => engine.close(NO_JOB)));
      return engine;
    },
    async () => new (await abortable(signal, inProcess)).InProcessEngine(),
  );
}

/** What begins in a worker, where nobody says otherwise; and in this thread, where a worker was not insisted on and cannot begin. */
async function inWorkerOr<Begun>(
  worker: boolean | undefined,
  there: () => Promise<Begun>,
  here: () => Promise<Begun>,
): Promise<Begun> {
  if (!(worker ?? startsWorkers())) return here();
  // Who insists on one has it tried again.
  if (worker !== true && failedStart() !== undefined) return here();
  try {
    const started = await there();
    noteFailedStart(undefined);
    return started;
  } catch (error) {
    // One that started, and died of something, would perhaps take this thread with it.
    const cause = error instanceof MynahError ? error.cause : undefined;
    if (worker === true || !(cause instanceof NotStarted)) throw error;
    // Several models may have tried at the same time.
    if (failedStart() === undefined) warn(cause);
    noteFailedStart(cause);
    return here();
  }
}

function warn({ message }: NotStarted): void {
  console.warn(
    `mynah: no worker can be started (${message}). Models run in the thread that makes them, in slices between which it does other things. worker: true makes an error of this; docs/install.md has what to do.`,
  );
}

type Wanted = NonNullable<PlaceOptions["build"]>;

interface Chosen {
  readonly build: Build;
  readonly engine: EngineApi;
}

/** A worker takes as long to start as the module to compile: both at once. */
async function begun(chosen: Chosen, signal: AbortSignal | undefined): Promise<Chosen> {
  const { build, engine } = chosen;
  const start = async (): Promise<void> => engine.start(await wasmModule(build), build);
  await orDisposed(engine, () => abortable(signal, start));
  return chosen;
}

/** Disposes of an engine that does not what it should. */
async function orDisposed<Result>(engine: EngineApi, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await engine.dispose();
    throw error;
  }
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
