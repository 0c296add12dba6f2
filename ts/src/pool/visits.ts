// What is done with a session, or with a text of its own, a slice at a time. All that outlives a slice is in this thread: should the worker
// die between two, another one begins anew and comes to the same.
import type { PoolWorker } from "./pool-worker.js";
import type { BeginningSettings, JobId, SampleChunk, SessionEngine } from "../engine/engine-api.js";
import { disposed } from "../errors.js";

/** A session between two slices: no worker has it then. */
export interface PooledSession {
  /** What `saveSession` gave. Never changed, only replaced: copies share it. */
  state: Uint8Array<ArrayBuffer>;
  isClosed: boolean;
}

/** Where a visit goes on, as long as that worker lives. */
interface Stay {
  readonly worker: PoolWorker;
  /** Of the session as it is open there, and of what is done with it. */
  readonly session: JobId;
  readonly job: JobId;
}

/** What takes several slices, which one worker does. */
abstract class Visit {
  readonly session: PooledSession | undefined;
  protected isClosed = false;
  #stay: Stay | undefined;

  constructor(session: PooledSession | undefined) {
    this.session = session;
  }

  /** The worker that has to go on with it; `undefined` where it has not begun, or that one has died. */
  get worker(): PoolWorker | undefined {
    return this.#stay?.worker.isAlive === true ? this.#stay.worker : undefined;
  }

  close(): void {
    this.isClosed = true;
    if (this.#stay === undefined) return;
    const { worker, job, session } = this.#stay;
    worker.close(job, session);
    worker.stays -= 1;
    this.#stay = undefined;
  }

  /** @throws MynahError `disposed` where the session was closed meanwhile. */
  protected refuseAfterEnd(): void {
    if (this.isClosed || this.session?.isClosed === true) throw disposed("session");
  }

  /** The session that it begins with, each time anew; `undefined` where it needs none. */
  protected abstract readonly beginning: BeginningSettings | undefined;

  /** Begins on an engine, with its session open there. */
  protected abstract begin(engine: SessionEngine, job: JobId, session: JobId): Promise<void>;

  /** Calls an engine on which it has begun. All that the calls need is sent at once, and the first to fail is what fails. */
  protected async callOn<Result>(
    worker: PoolWorker,
    call: (engine: SessionEngine, stay: Stay) => Promise<Result>,
  ): Promise<Result> {
    this.refuseAfterEnd();
    const { engine } = worker;
    if (this.#stay?.worker === worker) return call(engine, this.#stay);
    const stay = { worker, session: worker.next(), job: worker.next() };
    this.#stay = stay;
    worker.stays += 1;
    const { beginning } = this;
    const opened = beginning === undefined ? undefined : engine.openSession(stay.session, beginning);
    const begun = this.begin(engine, stay.job, stay.session);
    const [, , result] = await Promise.all([opened, begun, call(engine, stay)]);
    return result;
  }
}

/** A text that is read on in a session, which has read it when all is read. */
export class Feeding extends Visit {
  readonly #session: PooledSession;
  readonly #text: string;
  readonly #unknown: "bytes" | "error";

  constructor(session: PooledSession, text: string, unknown: "bytes" | "error") {
    super(session);
    this.#session = session;
    this.#text = text;
    this.#unknown = unknown;
  }

  /** Reads on for a slice; whether all is read. */
  async advance(worker: PoolWorker): Promise<boolean> {
    const isDone = await this.callOn(worker, (engine, { job }) => engine.feedChunk(job));
    if (!isDone) return false;
    const state = await this.callOn(worker, (engine, { session }) => engine.saveSession(session));
    this.refuseAfterEnd();
    this.#session.state = state;
    return true;
  }

  protected override get beginning(): BeginningSettings {
    return { state: this.#session.state };
  }

  protected override begin(engine: SessionEngine, job: JobId, session: JobId): Promise<void> {
    return engine.openFeeding(job, session, this.#text, this.#unknown);
  }
}

/** A text that is written, in a session or by itself; the session has what was handed out. */
export class Writing extends Visit {
  protected override readonly beginning: BeginningSettings | undefined;
  readonly #open: (engine: SessionEngine, job: JobId, session: JobId) => Promise<void>;
  /** What the session was before the last slice. */
  #before: Uint8Array<ArrayBuffer> | undefined;
  #slices = 0;
  /** Units of the text, as `length` counts: handed out, and written where it was begun last. */
  #handedOut = 0;
  #written = 0;

  /**
   * @param session - that it is written in; `undefined` for a text of its own
   * @param beginning - what it begins with, which of a session is its state now
   * @param open - begins it, with the same seed each time
   */
  constructor(
    session: PooledSession | undefined,
    beginning: BeginningSettings | undefined,
    open: (engine: SessionEngine, job: JobId, session: JobId) => Promise<void>,
  ) {
    super(session);
    this.beginning = beginning;
    this.#open = open;
  }

  /** Writes on for a slice. What was handed out before its worker died is not handed out again. */
  async advance(worker: PoolWorker): Promise<SampleChunk> {
    const hasSession = this.session !== undefined;
    const [chunk, state] = await this.callOn(worker, (engine, { job, session }) =>
      Promise.all([engine.sampleChunk(job), hasSession ? engine.saveSession(session) : undefined]),
    );
    this.refuseAfterEnd();
    const piece = chunk.texts.join("");
    const isKnown = Math.max(0, this.#handedOut - this.#written);
    this.#written += piece.length;
    this.#slices += 1;
    this.#before = this.session?.state;
    if (this.#written >= this.#handedOut) {
      this.#handedOut = this.#written;
      if (this.session !== undefined && state !== undefined) this.session.state = state;
    }
    const news = piece.slice(isKnown);
    return { texts: news === "" ? [] : [news], finished: chunk.finished };
  }

  /** Brings the session back to where it was after so many slices: all, or all but the last. */
  undo(slices: number): void {
    if (this.#slices <= slices || this.session === undefined || this.#before === undefined) return;
    this.session.state = this.#before;
  }

  protected override begin(engine: SessionEngine, job: JobId, session: JobId): Promise<void> {
    this.#written = 0;
    return this.#open(engine, job, session);
  }
}
