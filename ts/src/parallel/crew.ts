import type { Ports } from "./links.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import type { EngineApi, JobId } from "../engine/engine-api.js";
import { MynahError } from "../errors.js";
import type { TrainSettings } from "../options/types.js";
import type { Build } from "../types.js";
import { wasmModule } from "../wasm/modules.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/** What the workers of a training begin with. */
export interface Beginning {
  readonly build: Build;
  /** In all, the engine that leads among them. */
  readonly workers: number;
  readonly source: ResolvedSource;
  /** `undefined` for a run that goes on from a checkpoint. */
  readonly settings: TrainSettings | undefined;
}

/** The further workers of one training, seen from the thread that started them. The engine that has the model leads. */
export class Crew {
  readonly #engine: EngineApi;
  readonly #job: JobId;
  readonly #followers: WorkerEngine[] = [];
  /** The followers, each as soon as it can take a model. */
  #ready: Promise<WorkerEngine>[] = [];
  #isDisposed = false;

  constructor(leader: EngineApi, job: JobId) {
    this.#engine = leader;
    this.#job = job;
  }

  /**
   * Starts the further workers that these settings ask for, while the leader still reads its text. What goes wrong with them
   * {@link gather} throws; should one of them die later, the leader's training fails.
   */
  start(build: Build, { workers = 1, batchSize = workers }: TrainSettings): void {
    // More than the batch has rows are never needed.
    this.#startUpTo(build, Math.min(workers, batchSize));
  }

  #startUpTo(build: Build, workers: number): void {
    const missing = Math.max(0, workers - 1 - this.#ready.length);
    const started = Array.from({ length: missing }, () => this.#startFollower(build));
    for (const follower of started) follower.catch(() => undefined);
    this.#ready.push(...started);
  }

  /**
   * Links the workers with the leader and with each other. Those that are missing are started, and those that are too many, of a
   * text with fewer streams, ended.
   *
   * @throws MynahError `worker-crashed` and what opening a training throws.
   */
  async gather({ build, workers, source, settings }: Beginning): Promise<void> {
    const [own, ...others] = meshOf(workers);
    if (own === undefined) throw new MynahError("internal", "A training has no workers");
    await this.#engine.leadTraining(this.#job, own);
    this.#startUpTo(build, workers);
    this.#dismiss(this.#ready.splice(workers - 1));
    const ready = await Promise.all(this.#ready);
    await Promise.all(
      ready.map(async (follower, k) => {
        const file = await (settings === undefined ? this.#engine.saveCheckpoint() : this.#engine.save());
        await follower.load(file, {});
        await follower.followTraining(k + 1, others[k] ?? [], source, settings);
      }),
    );
  }

  /** Ends the workers. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.#followers.map((follower) => follower.dispose()));
  }

  async #startFollower(build: Build): Promise<WorkerEngine> {
    if (this.#isDisposed) throw new MynahError("disposed", "The training was left before it began");
    const follower = WorkerEngine.spawn();
    this.#followers.push(follower);
    follower.onDeath(({ cause }) => this.#failTraining(cause));
    await follower.start(await wasmModule(build), build);
    return follower;
  }

  #dismiss(followers: Promise<WorkerEngine>[]): void {
    for (const follower of followers) {
      void follower.then((it) => it.dispose()).catch(() => undefined);
    }
  }

  /** An engine that is gone itself has no training any more. */
  #failTraining(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#engine.failTraining(this.#job, reason).catch(() => undefined);
  }
}

/** What a model keeps running. */
export interface Running {
  readonly engine: EngineApi;
  /** Of the trainings that are open; of one that is refused, because there is another, too. */
  readonly crews: Set<Crew>;
  hasEnded: boolean;
}

/** Ends it: the engine first, whose step under way may still need the others. */
export async function endAll(running: Running): Promise<void> {
  const { engine, crews } = running;
  running.hasEnded = true;
  await engine.dispose();
  await Promise.all([...crews].map((crew) => crew.dispose()));
}

/** Channels between every two of so many workers: for each its ports, in the order of the workers. */
function meshOf(workers: number): Ports[] {
  const ports = Array.from({ length: workers }, () =>
    Array.from({ length: workers }, (): MessagePort | undefined => undefined),
  );
  for (const [a, portsOfA] of ports.entries()) {
    for (const [b, portsOfB] of ports.entries()) {
      if (a >= b) continue;
      const { port1, port2 } = new MessageChannel();
      portsOfA[b] = port1;
      portsOfB[a] = port2;
    }
  }
  return ports;
}
