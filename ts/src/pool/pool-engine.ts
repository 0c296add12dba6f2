import type { SharedEngine } from "./pool.js";
import type { PoolWorker } from "./pool-worker.js";
import { Turns, type Ticket } from "./turns.js";
import { Feeding, Writing, type PooledSession } from "./visits.js";
import type { JobId, SampleChunk, WritingSettings } from "../engine/engine-api.js";
import { disposed, MynahError } from "../errors.js";
import { SAMPLE_DEFAULTS } from "../options/defaults.js";
import type { CompletionSettings, SessionSampleSettings, SessionSettings } from "../options/session-types.js";
import type { Completion, ModelInfo } from "../types.js";
import type { WorkerEngine } from "../worker/worker-engine.js";

type State = Uint8Array<ArrayBuffer>;

/**
 * Several workers with the same model as one engine. Its sessions are bytes in this thread, and visit any worker that is free for the
 * length of a slice; only a text that is under way stays with one, as long as that lives.
 */
export class PoolEngine implements SharedEngine {
  readonly #turns: Turns;
  readonly #mostSessions: number;
  readonly #sessions = new Map<JobId, PooledSession>();
  /** Sessions that are being opened. */
  readonly #opening = new Set<JobId>();
  readonly #visits = new Map<JobId, Feeding | Writing>();
  readonly #tickets = new Map<JobId, Ticket<unknown>>();
  #fresh: State | undefined;
  #hasSessions = true;
  #isDisposed = false;

  /** @param start - gives a worker with the model loaded */
  constructor(start: () => Promise<WorkerEngine>, mostSessions: number) {
    this.#turns = new Turns(start);
    this.#mostSessions = mostSessions;
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#sessions.size + this.#opening.size;
  }

  /** Adds a worker with the model loaded. */
  add(engine: WorkerEngine): void {
    this.#turns.add(engine);
  }

  /** Makes what all sessions begin with. A model that has none says so when one is opened. */
  async prepare({ bidirectional = false }: Pick<ModelInfo, "bidirectional">): Promise<void> {
    this.#hasSessions = !bidirectional;
    const { result } = this.#turns.take(undefined, (worker) => openedIn(worker, {}));
    this.#fresh = await result.catch(() => undefined);
  }

  async openSession(session: JobId, settings: SessionSettings): Promise<void> {
    await this.#open(session, () => this.#newState(session, settings));
  }

  async forkSession(session: JobId, fork: JobId): Promise<void> {
    const { state } = this.#session(session);
    await this.#open(fork, async () => state);
  }

  async blendSessions(session: JobId, other: JobId, weight: number, blend: JobId): Promise<void> {
    const [first, second] = [this.#session(session), this.#session(other)];
    await this.#open(blend, () =>
      this.#turn(blend, undefined, async (worker) => {
        const { engine } = worker;
        const [a, b, mean] = [worker.next(), worker.next(), worker.next()];
        const calls = [
          engine.openSession(a, { state: first.state }),
          engine.openSession(b, { state: second.state }),
          engine.blendSessions(a, b, weight, mean),
        ];
        const saved = engine.saveSession(mean);
        worker.close(a, b, mean);
        const [state] = await Promise.all([saved, ...calls]);
        return state;
      }),
    );
  }

  async saveSession(session: JobId): Promise<State> {
    return this.#session(session).state.slice();
  }

  async suggestNext(job: JobId, session: JobId, settings: CompletionSettings): Promise<Completion[]> {
    const { state } = this.#session(session);
    return this.#turn(job, undefined, async (worker) => {
      const copy = worker.next();
      const opened = worker.engine.openSession(copy, { state });
      const suggested = worker.engine.suggestNext(worker.next(), copy, settings);
      worker.close(copy);
      const [, completions] = await Promise.all([opened, suggested]);
      return completions;
    });
  }

  async openFeeding(job: JobId, session: JobId, text: string, unknown: "bytes" | "error"): Promise<void> {
    this.#visits.set(job, new Feeding(this.#session(session), text, unknown));
  }

  async feedChunk(job: JobId): Promise<boolean> {
    const feeding = this.#visit(job, Feeding);
    return this.#turn(job, feeding.worker, (worker) => feeding.advance(worker));
  }

  async openSampling(job: JobId, settings: WritingSettings): Promise<void> {
    // It may be begun again later, when the caller may have changed what is his.
    const own = structuredClone(settings);
    this.#visits.set(job, this.#servedBySession(own) ? newText(own) : newSearch(own));
  }

  /** A search has rows of its own; a model without sessions says itself why it writes nothing. */
  #servedBySession({ beamWidth = SAMPLE_DEFAULTS.beamWidth }: WritingSettings): boolean {
    return this.#hasSessions && beamWidth === 1;
  }

  async openSessionSampling(job: JobId, session: JobId, settings: SessionSampleSettings): Promise<void> {
    const own = structuredClone(settings);
    const open = this.#session(session);
    const writing = new Writing(open, { state: open.state }, (engine, id, copy) =>
      engine.openSessionSampling(id, copy, own),
    );
    this.#visits.set(job, writing);
  }

  async sampleChunk(job: JobId): Promise<SampleChunk> {
    const writing = this.#visit(job, Writing);
    return this.#turn(job, writing.worker, (worker) => writing.advance(worker));
  }

  async undo(job: JobId, chunks: number): Promise<void> {
    const visit = this.#visits.get(job);
    // Of a feeding the session knows nothing before its end.
    if (visit instanceof Writing) visit.undo(chunks);
  }

  async close(job: JobId): Promise<void> {
    this.#tickets.get(job)?.giveUp(disposed("session"));
    this.#opening.delete(job);
    const session = this.#sessions.get(job);
    if (session !== undefined) session.isClosed = true;
    this.#sessions.delete(job);
    this.#visits.get(job)?.close();
    this.#visits.delete(job);
  }

  /** Ends all workers. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#sessions.clear();
    this.#visits.clear();
    await this.#turns.dispose();
  }

  /** Opens a session with the state that somebody makes; unless it was closed meanwhile. */
  async #open(session: JobId, makeState: () => Promise<State>): Promise<void> {
    if (this.sessions >= this.#mostSessions) {
      throw new MynahError(
        "too-many-sessions",
        `The pool has ${this.sessions} sessions, and maxSessions is ${this.#mostSessions}; dispose of those that are no longer needed`,
      );
    }
    this.#opening.add(session);
    try {
      const state = await makeState();
      if (this.#opening.has(session)) this.#sessions.set(session, { state, isClosed: false });
    } finally {
      this.#opening.delete(session);
    }
  }

  async #newState(session: JobId, settings: SessionSettings): Promise<State> {
    const isFresh = settings.state === undefined && settings.condition === undefined;
    if (isFresh && this.#fresh !== undefined) return this.#fresh;
    return this.#turn(session, undefined, (worker) => openedIn(worker, settings));
  }

  /** Waits for a turn; closing the job gives it up. */
  async #turn<Result>(
    job: JobId,
    wanted: PoolWorker | undefined,
    work: (worker: PoolWorker) => Promise<Result>,
  ): Promise<Result> {
    const ticket = this.#turns.take(wanted, work);
    this.#tickets.set(job, ticket);
    try {
      return await ticket.result;
    } finally {
      this.#tickets.delete(job);
    }
  }

  /** @throws MynahError `disposed`. */
  #session(session: JobId): PooledSession {
    const open = this.#sessions.get(session);
    if (open === undefined) throw disposed(this.#isDisposed ? "pool" : "session");
    return open;
  }

  #visit<Kind extends Feeding | Writing>(job: JobId, kind: new (...args: never[]) => Kind): Kind {
    const open = this.#visits.get(job);
    if (open instanceof kind) return open;
    if (this.#isDisposed) throw disposed("pool");
    throw new MynahError("internal", `Job ${job} of the pool is not open`);
  }
}

/** A text of its own as one of a session that begins with it, so that all of a worker share the weights. */
function newText({ condition, prompt = "", ...settings }: WritingSettings): Writing {
  const beginning = { condition, quantize: settings.quantize };
  return new Writing(undefined, beginning, (engine, job, session) =>
    engine.openSessionSampling(job, session, { ...settings, prompt }),
  );
}

function newSearch(settings: WritingSettings): Writing {
  return new Writing(undefined, undefined, (engine, job) => engine.openSampling(job, settings));
}

/** The state of a session that begins so. */
async function openedIn(worker: PoolWorker, settings: SessionSettings): Promise<State> {
  const session = worker.next();
  const opened = worker.engine.openSession(session, settings);
  const saved = worker.engine.saveSession(session);
  worker.close(session);
  const [, state] = await Promise.all([opened, saved]);
  return state;
}
