import { abortable } from "./abort.js";
import { byteStream, wholeText } from "./byte-stream.js";
import type { JobId } from "./engine/engine-api.js";
import { disposed, MynahError } from "./errors.js";
import { randomSeed, type Host, type Jobs } from "./jobs.js";
import { checkOptions, checkValue, shown } from "./options/check.js";
import { SAMPLE_DEFAULTS } from "./options/defaults.js";
import { BLEND_WEIGHT } from "./options/session-table.js";
import type {
  CompletionOptions,
  FeedOptions,
  SessionOptions,
  SessionSampleOptions,
} from "./options/session-types.js";
import type { Completion } from "./types.js";

interface Opened {
  readonly jobs: Jobs<Host>;
  readonly job: JobId;
}

// A safety net for sessions that were dropped without dispose(): it frees them.
const dropped = new FinalizationRegistry<Opened>(({ jobs, job }) => void jobs.close(job));

/**
 * One text that a model, or a pool of workers with it, reads and writes piece by piece. What was read is kept as the model's state, of a fixed size, and never read again:
 * a symbol costs the same after ten as after ten million.
 *
 * ```ts
 * const session = await model.session();
 * await session.feed("Once upon a ti");
 * const words = await session.suggest({ n: 3 }); // [{ text: "me", probability: 0.93 }, …]
 * await session.feed("me ");
 * for await (const piece of session.sample({ length: 200 })) page.append(piece);
 * await session.dispose();
 * ```
 *
 * Calls are served in their order; {@link blend} stands in that of both its sessions. While {@link sample} is looped over, only what
 * changes nothing may be called: {@link suggest}, {@link fork}, {@link blend} and {@link save}, which find what was handed out so far.
 *
 * If the model is trained meanwhile, what was read stays as it was read, and the weights of the last finished step go on from there.
 *
 * Besides what each call lists, every call can reject with `disposed` (the session, its model or its pool was), `worker-crashed` and
 * `out-of-memory`; in a pool with `queue-full`, and those that open another session with `too-many-sessions`.
 */
export class Session {
  readonly #opened: Opened;
  /** As long as there is a session, its model is not collected, and its worker not ended. */
  readonly #model: object;
  /** The end of what was called last. */
  #tail: Promise<unknown> = Promise.resolve();
  #isWriting = false;
  #isDisposed = false;

  private constructor(jobs: Jobs<Host>, job: JobId, model: object) {
    this.#opened = { jobs, job };
    this.#model = model;
    dropped.register(this, this.#opened, this);
  }

  /**
   * Opens a session. `model.session()` and `pool.session()` are the ways to it.
   *
   * @internal
   */
  static async open(jobs: Jobs<Host>, model: object, options: SessionOptions): Promise<Session> {
    checkOptions("session", options);
    const { signal, state, condition } = options;
    if (state !== undefined && condition !== undefined) {
      throw new MynahError(
        "contradictory-options",
        "state and condition exclude each other: a session that was saved has its condition in it",
      );
    }
    // What belongs to the caller is copied at once, before anything is awaited.
    const settings = {
      state: state === undefined ? undefined : new Uint8Array(state),
      condition: condition === undefined ? undefined : new Float32Array(condition),
    };
    const open = (job: JobId): Promise<void> => jobs.engine.openSession(job, settings);
    return jobs.inLine(() => Session.#make(jobs, model, signal, open));
  }

  static async #make(
    jobs: Jobs<Host>,
    model: object,
    signal: AbortSignal | undefined,
    open: (job: JobId) => Promise<void>,
  ): Promise<Session> {
    const opened = await jobs.once(signal, async (job) => {
      await open(job);
      return job;
    });
    return new Session(jobs, opened, model);
  }

  /**
   * Reads on. On abort the session is as it was before the call.
   *
   * Two feeds are one long feed, bit for bit, where their symbols (`model.encode`) are those of the whole text: of characters and bytes wherever
   * that is cut, but within a surrogate pair and within what `normalization` makes one; of words and bpe where the second feed begins with
   * a space; of graphemes between two of them.
   *
   * @param text - what follows in the text; half of a surrogate pair in it is read as U+FFFD
   * @throws MynahError `unknown-symbol` (nothing was read), `busy` while {@link sample} is looped over, or one of `unknown-option` and
   * `invalid-option`; on abort the signal's `reason`.
   */
  async feed(text: string, options: FeedOptions = {}): Promise<void> {
    checkOptions("feed", options);
    checkValue("text", text, { kind: "string", help: "" });
    this.#refuseWhileWriting();
    const { signal, unknown = SAMPLE_DEFAULTS.unknown } = options;
    await this.#inTurn(signal, ({ jobs, job: session }) =>
      jobs.run(
        signal,
        (job) => jobs.engine.openFeeding(job, session, text, unknown),
        async (job) => (await jobs.engine.feedChunk(job)) || undefined,
        (job) => void jobs.undo(job, 0),
      ),
    );
  }

  /**
   * Writes on from where the session is, and hands the text out in pieces as it is written; what was handed out is part of the session.
   * A session that has read nothing begins as `model.sample` does without a prompt.
   *
   * With the same seed and options it writes what `model.sample` writes after a prompt that was fed. Options that look back see the last
   * 4,096 symbols. Where a model of documents ends its document, or at a stop string, the session is before that end.
   *
   * @throws MynahError at once one of `unknown-option` and `invalid-option`, for a name or a type that is wrong; from the loop
   * `invalid-option`, `no-symbol-left`, `contradictory-options` and `busy` while it is looped over already; on abort the signal's `reason`.
   */
  sample(options: SessionSampleOptions = {}): AsyncGenerator<string, void, undefined> {
    checkOptions("sessionSample", options);
    return this.#write({ ...options });
  }

  async *#write(options: SessionSampleOptions): AsyncGenerator<string, void, undefined> {
    this.#refuseWhileWriting();
    this.#isWriting = true;
    try {
      const { signal, ...settings } = options;
      await abortable(signal, () => this.#tail);
      const { jobs, job: session } = this.#live();
      const { engine } = jobs;
      yield* jobs.write(
        signal,
        (job) =>
          engine.openSessionSampling(job, session, { ...settings, seed: settings.seed ?? randomSeed() }),
        (job, chunks) => void jobs.undo(job, chunks),
      );
    } finally {
      this.#isWriting = false;
    }
  }

  /**
   * {@link sample}, all of it at once.
   *
   * @throws (rejects with) what {@link sample} throws.
   */
  async sampleText(options: SessionSampleOptions = {}): Promise<string> {
    return wholeText(this.sample(options));
  }

  /**
   * {@link sample} as a stream of bytes, UTF-8, as `model.sampleStream` gives one. The session is written on from the first read to the end of
   * the stream, or until it is cancelled.
   *
   * @throws what {@link sample} throws at once, and `disposed`, and in a pool `queue-full`, where that is so already; the rest ends the stream.
   */
  sampleStream(options: SessionSampleOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#live().jobs.refuseWhatCannotBegin();
    checkOptions("sessionSample", options);
    const { signal, ...settings } = options;
    return byteStream(signal, (joined) => this.#write({ ...settings, signal: joined }));
  }

  /**
   * What is likely to come next, the likeliest first, as the model believes at temperature 1. The session stays where it is. (Advice for a
   * training comes from the function `suggest`.)
   *
   * Words are completions of what was fed, up to the end of the word: of at least one symbol, none of which is white space or
   * punctuation, and before one that is, or before the end of the document. After a whole word the likeliest is often a longer one; feed a
   * space to have the next word suggested. Found by a beam search that is exact unless 16 beginnings (or `n`) are likelier than a
   * word of the list.
   *
   * @throws MynahError `non-finite-loss` where the model's weights are damaged, or one of `unknown-option` and `invalid-option`; on abort
   * the signal's `reason`.
   */
  async suggest(options: CompletionOptions = {}): Promise<readonly Completion[]> {
    checkOptions("sessionSuggest", options);
    const { signal, ...settings } = options;
    return this.#inTurn(signal, ({ jobs, job: session }) =>
      jobs.once(signal, (job) => jobs.engine.suggestNext(job, session, settings)),
    );
  }

  /** An independent copy: what is done to one of the two is not done to the other. */
  async fork(): Promise<Session> {
    return this.#inTurn(undefined, ({ jobs, job: session }) =>
      Session.#make(jobs, this.#model, undefined, (job) => jobs.engine.forkSession(session, job)),
    );
  }

  /**
   * A new session between this one and another of the same model: the weighted mean of their states. The logits of the next symbol are the
   * weighted mean of theirs.
   *
   * @param weight - the part of the other one, from 0 to 1. Default 0.5
   * @throws MynahError `contradictory-options` for a transformer, which has no state that could be mixed, for sessions of two models and for
   * one that has read nothing; `invalid-option`.
   */
  async blend(other: Session, weight: number = BLEND_WEIGHT.default): Promise<Session> {
    checkValue("weight", weight, BLEND_WEIGHT);
    if (!(other instanceof Session)) {
      throw new MynahError("invalid-option", `session.blend takes a session, got ${shown(other)}`);
    }
    if (other.#opened.jobs !== this.#opened.jobs) {
      throw new MynahError("contradictory-options", "Sessions of two models cannot be blended");
    }
    // It takes its place in both orders at once: what was asked of either before comes first, and nothing that is asked of one later.
    const before = other.#tail;
    const turn = this.#inTurn(undefined, async ({ jobs, job: session }) => {
      await before;
      const { job: second } = other.#live();
      return Session.#make(jobs, this.#model, undefined, (job) =>
        jobs.engine.blendSessions(session, second, weight, job),
      );
    });
    other.#endAfter(turn);
    return turn;
  }

  /**
   * The session as bytes, for `model.session({ state })` of this model or of one that is made alike: loaded from its file, or trained
   * further. They hold the state and the last 4,096 symbols of the text.
   */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#inTurn(undefined, ({ jobs, job }) => jobs.engine.saveSession(job));
  }

  /**
   * Frees the session; later calls reject with `disposed`, and so do a reading and a writing under way. May be called again, to no
   * effect.
   */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    dropped.unregister(this);
    const { jobs, job } = this.#opened;
    await jobs.close(job);
  }

  /** {@link dispose}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** After all that was called before, or, on abort, not at all. */
  #inTurn<Result>(
    signal: AbortSignal | undefined,
    task: (opened: Opened) => Promise<Result>,
  ): Promise<Result> {
    const before = this.#tail;
    const turn = this.#opened.jobs.inLine(async () => {
      await abortable(signal, () => before);
      return task(this.#live());
    });
    this.#endAfter(turn);
    return turn;
  }

  /** Whoever comes next waits for a call, and for what was before it: one that is refused, or given up, has not waited for that. */
  #endAfter(call: Promise<unknown>): void {
    const ended = Promise.allSettled([this.#tail, call]);
    this.#tail = ended.then(() => this.#stayReachable());
  }

  /** Called when an answer has come: so that a session that is dropped while a call is pending is freed only after it. */
  #stayReachable(): void {}

  #live(): Opened {
    this.#opened.jobs.refuseAfterEnd();
    if (this.#isDisposed) throw disposed("session");
    return this.#opened;
  }

  #refuseWhileWriting(): void {
    if (!this.#isWriting) return;
    throw new MynahError(
      "busy",
      "The session is being written on; leave that loop, or fork the session before",
    );
  }
}
