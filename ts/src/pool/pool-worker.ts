import type { JobId } from "../engine/engine-api.js";
import type { WorkerEngine } from "../worker/worker-engine.js";

/** A slice of work that waits for a worker, or is being done. */
export interface Turn {
  /** Turns are taken in this order. */
  readonly number: number;
  /** Whose turn it is now does its work here. Never rejects. */
  take(worker: PoolWorker): Promise<void>;
  refuse(error: Error): void;
}

/** One worker of a pool, until it dies; another one takes its place then. */
export class PoolWorker {
  readonly engine: WorkerEngine;
  /** Turns that go on with what is open here. */
  readonly turns = new Set<Turn>();
  /** What is open here, and comes back for every slice. */
  stays = 0;
  isBusy = false;
  isAlive = true;
  #last: JobId = 0;

  constructor(engine: WorkerEngine) {
    this.engine = engine;
  }

  /** A name for a session or a job here, where each is known by another name than in the pool. */
  next(): JobId {
    this.#last += 1;
    return this.#last;
  }

  /** Closes what is open here. Nobody has to wait for it; a dead worker has nothing open. */
  close(...jobs: readonly JobId[]): void {
    for (const job of jobs) this.engine.close(job).catch(() => undefined);
  }
}
