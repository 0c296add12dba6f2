import { PoolWorker, type Turn } from "./pool-worker.js";
import { disposed, MynahError } from "../errors.js";
import type { WorkerEngine } from "../worker/worker-engine.js";

/** What one gets who waits for a turn. */
export interface Ticket<Result> {
  readonly result: Promise<Result>;
  /** Gives the turn up, if it has not come yet: the result rejects with `error`. */
  giveUp(error: MynahError): void;
}

/**
 * Shares a few workers out, a slice of work at a time, in the order in which the slices were asked for: whoever goes on with a long piece of
 * work stands behind all others again after each slice.
 */
export class Turns {
  readonly #start: () => Promise<WorkerEngine>;
  readonly #workers = new Set<PoolWorker>();
  /** Turns that any worker can take. */
  #turns = new Set<Turn>();
  #last = 0;
  /** Workers that are being started. */
  #starting = 0;
  /** Workers that could not be started. */
  #missing = 0;
  #isDisposed = false;

  /** @param start - gives a worker with the model loaded */
  constructor(start: () => Promise<WorkerEngine>) {
    this.#start = start;
  }

  /** Adds a worker that is ready. */
  add(engine: WorkerEngine): void {
    const worker = new PoolWorker(engine);
    this.#workers.add(worker);
    engine.onDeath(() => this.#replace(worker));
    this.#serve(worker);
  }

  /**
   * Waits for a turn, and works in it.
   *
   * @param wanted - the worker that has what the work goes on with; `undefined` for any
   */
  take<Result>(
    wanted: PoolWorker | undefined,
    work: (worker: PoolWorker) => Promise<Result>,
  ): Ticket<Result> {
    const { promise, resolve, reject } = withResolvers<Result>();
    this.#last += 1;
    const turn: Turn = {
      number: this.#last,
      take: async (worker) => {
        try {
          resolve(await work(worker));
        } catch (error) {
          reject(this.#explain(worker, error));
        }
      },
      refuse: reject,
    };
    const line = wanted?.isAlive === true ? wanted.turns : this.#turns;
    if (this.#isDisposed) reject(disposed("pool"));
    else line.add(turn);
    this.#startMissing();
    this.#wake();
    const giveUp = (error: MynahError): void => {
      // Where it stands now: its worker may have died.
      const isWaiting = [this.#turns, ...[...this.#workers].map(({ turns }) => turns)].some((turns) =>
        turns.delete(turn),
      );
      if (isWaiting) reject(error);
    };
    return { result: promise, giveUp };
  }

  /** Ends all workers; whoever waits is told so. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const workers = [...this.#workers];
    this.#workers.clear();
    for (const worker of workers) this.#bury(worker);
    this.#refuseAll(disposed("pool"));
    await Promise.all(workers.map(({ engine }) => engine.dispose()));
  }

  /**
   * Has every worker that is free take a turn, the one with the least open first: what begins there comes back for every slice, whether the
   * others have anything to do then or not.
   */
  #wake(): void {
    const workers = [...this.#workers];
    workers.sort((a, b) => a.stays - b.stays);
    for (const worker of workers) this.#serve(worker);
  }

  #serve(worker: PoolWorker): void {
    if (worker.isBusy || !worker.isAlive) return;
    const turn = this.#nextFor(worker);
    if (turn === undefined) return;
    worker.isBusy = true;
    void turn.take(worker).then(() => {
      worker.isBusy = false;
      this.#serve(worker);
    });
  }

  #nextFor(worker: PoolWorker): Turn | undefined {
    const [own] = worker.turns;
    const [any] = this.#turns;
    const next = own !== undefined && (any === undefined || own.number < any.number) ? own : any;
    if (next !== undefined) (next === own ? worker.turns : this.#turns).delete(next);
    return next;
  }

  /** What a failed turn rejects with. A worker that it has killed is replaced. */
  #explain(worker: PoolWorker, thrown: unknown): unknown {
    if (this.#isDisposed) return disposed("pool");
    if (!(thrown instanceof MynahError) || thrown.code !== "worker-crashed") return thrown;
    this.#replace(worker);
    const reason = thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
    return new MynahError(
      "worker-crashed",
      `The worker that served this call died (${reason}); the pool has another one in its place, and a session is at what was handed out`,
      { cause: thrown },
    );
  }

  #replace(worker: PoolWorker): void {
    if (!worker.isAlive) return;
    this.#bury(worker);
    this.#workers.delete(worker);
    // An instance that has trapped still has its thread.
    worker.engine.dispose().catch(() => undefined);
    this.#missing += 1;
    this.#startMissing();
    this.#wake();
  }

  /** Whoever waited for this worker goes to any other, and keeps his place in the order. */
  #bury(worker: PoolWorker): void {
    worker.isAlive = false;
    if (worker.turns.size === 0) return;
    const all = [...this.#turns, ...worker.turns];
    all.sort((a, b) => a.number - b.number);
    worker.turns.clear();
    this.#turns = new Set(all);
  }

  #startMissing(): void {
    for (; this.#missing > 0; this.#missing -= 1) {
      this.#starting += 1;
      this.#start().then(
        (engine) => this.#onStarted(engine),
        (error: unknown) => this.#onFailed(error),
      );
    }
  }

  #onStarted(engine: WorkerEngine): void {
    this.#starting -= 1;
    if (this.#isDisposed) engine.dispose().catch(() => undefined);
    else this.add(engine);
  }

  /** The next call tries again; whoever waits does so for as long as there is somebody to wait for. */
  #onFailed(error: unknown): void {
    this.#starting -= 1;
    this.#missing += 1;
    if (this.#workers.size > 0 || this.#starting > 0) return;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The pool has no worker left, and none could be started (${reason})`;
    this.#refuseAll(new MynahError("worker-crashed", message, { cause: error }));
  }

  #refuseAll(error: MynahError): void {
    const turns = [...this.#turns];
    this.#turns.clear();
    for (const turn of turns) turn.refuse(error);
  }
}

function withResolvers<Result>() {
  let resolve: (result: Result) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Result>((fulfil, refuse) => {
    [resolve, reject] = [fulfil, refuse];
  });
  return { promise, resolve, reject };
}
