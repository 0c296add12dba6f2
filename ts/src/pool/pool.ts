import { Queue } from "./queue.js";
import { byteStream, wholeText } from "../byte-stream.js";
import type { SessionEngine } from "../engine/engine-api.js";
import { Jobs } from "../jobs.js";
import { checkOptions } from "../options/check.js";
import type { SessionOptions } from "../options/session-types.js";
import type { SampleOptions } from "../options/types.js";
import { Session } from "../session.js";
import type { Build, ModelInfo } from "../types.js";
import { write } from "../writing.js";

/** Several workers as one engine. */
export interface SharedEngine extends SessionEngine {
  /** Sessions that are open. */
  readonly sessions: number;
  /** Ends all workers. */
  dispose(): Promise<void>;
}

interface RunningPool {
  readonly engine: SharedEngine;
  hasEnded: boolean;
}

/** What a pool is made of, as `createPool` has it ready. */
export interface PoolParts {
  readonly engine: SharedEngine;
  readonly info: ModelInfo;
  readonly build: Build;
  readonly workers: number;
  readonly maxQueue: number;
}

// A safety net for pools that were dropped without dispose(): it ends their workers.
const dropped = new FinalizationRegistry<SharedEngine>((engine) => void engine.dispose());

/**
 * One model in several workers, which `createPool` gives: for a service that many people use at once.
 *
 * ```ts
 * const pool = await createPool({ model: await readFile("notes.safetensors"), workers: 4 });
 * const text = await pool.sampleText({ prompt: "Once ", signal });
 * const session = await pool.session(); // one of many
 * await session.feed("The quick br");
 * const completions = await session.suggest();
 * ```
 *
 * Work is shared out in slices, of 16 ms where text is written, in the order in which they were asked for: a long text holds up nobody. A
 * session is with no worker between two calls, so that each call goes to any worker that is free. With a seed they write what the
 * model itself writes.
 *
 * If a worker dies another one takes its place. The one call that it was busy with rejects with `worker-crashed`, its session is at what
 * was handed out; all others go on.
 *
 * Besides what each call lists, every call, of the sessions too, can reject with `disposed`, `queue-full`, `worker-crashed` and
 * `out-of-memory`.
 */
export class Pool {
  /** What the model is made of. */
  readonly info: ModelInfo;
  /** The WebAssembly build that runs it. */
  readonly build: Build;
  /** Workers that share the calls. */
  readonly workers: number;
  readonly #running: RunningPool;
  readonly #queue: Queue;
  readonly #jobs: Jobs<RunningPool>;

  /**
   * `createPool` is the way to it.
   *
   * @internal
   */
  constructor({ engine, info, build, workers, maxQueue }: PoolParts) {
    this.info = info;
    this.build = build;
    this.workers = workers;
    this.#running = { engine, hasEnded: false };
    this.#queue = new Queue(maxQueue);
    this.#jobs = new Jobs(this.#running, this.#queue, "pool");
    dropped.register(this, engine, this);
  }

  /** Calls that are under way, texts that are read piece by piece among them until their end: at most `maxQueue`. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Sessions that are open: at most `maxSessions`. */
  get sessions(): number {
    return this.#running.engine.sessions;
  }

  /**
   * Opens a session, as `model.session` does. It is kept in this thread, until it is disposed of or dropped.
   *
   * @throws MynahError as `model.session` does, and `too-many-sessions`.
   */
  async session(options: SessionOptions = {}): Promise<Session> {
    this.#jobs.refuseAfterEnd();
    return Session.open(this.#jobs, this, options);
  }

  /**
   * Writes text, as `model.sample` does.
   *
   * @throws as `model.sample` does.
   */
  sample(options: SampleOptions = {}): AsyncGenerator<string, void, undefined> {
    checkOptions("sample", options, "pool.sample");
    return this.#write({ ...options });
  }

  async *#write(options: SampleOptions): AsyncGenerator<string, void> {
    this.#jobs.refuseAfterEnd();
    yield* write(this.#jobs, options);
    this.#stayReachable();
  }

  /**
   * {@link sample}, all of it at once.
   *
   * @throws (rejects with) what {@link sample} throws.
   */
  async sampleText(options: SampleOptions = {}): Promise<string> {
    checkOptions("sample", options, "pool.sampleText");
    return wholeText(this.#write({ ...options }));
  }

  /**
   * {@link sample} as a stream of bytes, as `model.sampleStream` gives one.
   *
   * @throws what {@link sample} throws at once, and `disposed` and `queue-full`, where that is so already; the rest ends the stream.
   */
  sampleStream(options: SampleOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#jobs.refuseWhatCannotBegin();
    checkOptions("sample", options, "pool.sampleStream");
    const { signal, ...settings } = options;
    return byteStream(signal, (joined) => this.#write({ ...settings, signal: joined }));
  }

  /** Ends the workers; pending and later calls, of the sessions too, reject with `disposed`. May be called again, to no effect. */
  async dispose(): Promise<void> {
    dropped.unregister(this);
    this.#running.hasEnded = true;
    await this.#running.engine.dispose();
  }

  /** {@link dispose}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Called at the end of a text: so that a pool that is dropped while one is written is ended only after it. */
  #stayReachable(): void {}
}
