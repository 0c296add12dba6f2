import { abortable, onAbort } from "./abort.js";
import type { JobId, SampleChunk, SessionEngine } from "./engine/engine-api.js";
import { disposed, type Handle } from "./errors.js";
import type { Running } from "./parallel/crew.js";

/** What jobs run in. */
export interface Host {
  readonly engine: SessionEngine;
  readonly hasEnded: boolean;
}

/** A place among the calls that are under way. */
export interface Place {
  /** Gives it up; may be called again, to no effect. */
  leave(): void;
}

/** Lets calls in, so many at a time. */
export interface Line {
  /** @throws MynahError `queue-full`. */
  enter(): Place;
  /** @throws MynahError `queue-full` where nobody would be let in now. */
  refuseIfFull(): void;
}

const everybodysPlace: Place = { leave: () => undefined };

/** Who has an engine to himself refuses nobody. */
const NO_LINE: Line = { enter: () => everybodysPlace, refuseIfFull: () => undefined };

/** What is open of a text that is handed out piece by piece. */
interface OpenText {
  readonly jobs: Jobs<Host>;
  readonly job: JobId;
  place: Place | undefined;
}

// A safety net for texts that were dropped in the middle, whose loop was not left: it frees them.
const dropped = new FinalizationRegistry<OpenText>(({ jobs, job, place }) => {
  place?.leave();
  void jobs.close(job);
});

/** The jobs of one engine, from this side: of a model and of its sessions. */
export class Jobs<Kind extends Host = Running> {
  readonly running: Kind;
  readonly #line: Line;
  readonly #owner: Handle;
  #last: JobId = 0;

  /** @param owner - what the engine belongs to, for messages */
  constructor(running: Kind, line: Line = NO_LINE, owner: Handle = "model") {
    this.running = running;
    this.#line = line;
    this.#owner = owner;
  }

  get engine(): Kind["engine"] {
    return this.running.engine;
  }

  /** @throws MynahError `disposed`. */
  refuseAfterEnd(): void {
    if (this.running.hasEnded) throw disposed(this.#owner);
  }

  /** @throws MynahError `disposed` or `queue-full` where a call would be refused now. */
  refuseWhatCannotBegin(): void {
    this.refuseAfterEnd();
    this.#line.refuseIfFull();
  }

  next(): JobId {
    this.#last += 1;
    return this.#last;
  }

  /** Calls are served in order, so nobody has to wait for this one; a dead engine has closed its jobs already. */
  async close(job: JobId): Promise<void> {
    await this.engine.close(job).catch(() => undefined);
  }

  /** Takes back what nobody got, beyond so many chunks; a dead engine has nothing to take back. */
  async undo(job: JobId, chunks: number): Promise<void> {
    await this.engine.undo(job, chunks).catch(() => undefined);
  }

  /** Has a place in the line until it is known what a call comes to. */
  async inLine<Result>(call: () => Promise<Result>): Promise<Result> {
    const place = this.#line.enter();
    try {
      return await call();
    } finally {
      place.leave();
    }
  }

  /** A job of a single call, which is closed where nobody waits for it any more. */
  async once<Result>(
    signal: AbortSignal | undefined,
    call: (job: JobId) => Promise<Result>,
  ): Promise<Result> {
    const job = this.next();
    try {
      return await abortable(signal, () => call(job));
    } catch (error) {
      void this.close(job);
      throw error;
    }
  }

  /**
   * Opens a job, and pulls it until it comes to something.
   *
   * @param onLost - called with the job when it came to nothing
   */
  async run<Result>(
    signal: AbortSignal | undefined,
    open: (job: JobId) => Promise<void>,
    pull: (job: JobId) => Promise<Result | undefined>,
    onLost?: (job: JobId) => void,
  ): Promise<Result> {
    const job = this.next();
    let isLost = true;
    try {
      await abortable(signal, () => open(job));
      for (;;) {
        const result = await abortable(signal, () => pull(job));
        if (result === undefined) continue;
        isLost = false;
        return result;
      }
    } finally {
      if (isLost) onLost?.(job);
      void this.close(job);
    }
  }

  /**
   * Opens a writing, and hands out what it writes. It has its place until its end, since for so long it takes memory, however slowly it is
   * read.
   *
   * @param onEnd - called at the end with the job and the number of chunks that were handed out
   */
  write(
    signal: AbortSignal | undefined,
    open: (job: JobId) => Promise<void>,
    onEnd?: (job: JobId, chunks: number) => void,
  ): AsyncGenerator<string, void> {
    const text: OpenText = { jobs: this, job: this.next(), place: undefined };
    const pieces = this.#write(text, signal, open, onEnd);
    dropped.register(pieces, text, text);
    return pieces;
  }

  async *#write(
    text: OpenText,
    signal: AbortSignal | undefined,
    open: (job: JobId) => Promise<void>,
    onEnd?: (job: JobId, chunks: number) => void,
  ): AsyncGenerator<string, void> {
    const { job } = text;
    let chunks = 0;
    let hasEnded = false;
    const place = this.#line.enter();
    text.place = place;
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      dropped.unregister(text);
      place.leave();
      onEnd?.(job, chunks);
      void this.close(job);
    };
    // On abort at once: perhaps nobody asks for another piece, to learn of it.
    const stopListening = onAbort(signal, end);
    try {
      await abortable(signal, () => open(job));
      for (;;) {
        const chunk: SampleChunk = await abortable(signal, () => this.engine.sampleChunk(job));
        if (chunk.texts.length === 0) chunks += 1;
        for (const [i, piece] of chunk.texts.entries()) {
          // Much may have happened since the last one was taken.
          signal?.throwIfAborted();
          this.refuseAfterEnd();
          if (i === 0) chunks += 1;
          yield piece;
        }
        if (chunk.finished) return;
      }
    } finally {
      stopListening();
      end();
    }
  }
}

/** A seed for a text that nobody asked a certain one for. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
