import { abortable } from "./abort.js";
import type { JobId, SampleChunk, SessionEngine } from "./engine/engine-api.js";
import { disposed, type Handle } from "./errors.js";
import type { Running } from "./parallel/crew.js";

/** What jobs run in. */
export interface Host {
  readonly engine: SessionEngine;
  readonly hasEnded: boolean;
}

/** A place among those who wait for what they have asked for. */
export interface Place {
  /** Gives it up; may be called again, to no effect. */
  leave(): void;
  /** Takes it again: whoever was let in before is not refused. */
  takeAgain(): void;
}

/** Lets calls in that have to wait. */
export interface Line {
  /** @throws MynahError `queue-full`. */
  enter(): Place;
  /** @throws MynahError `queue-full` where nobody would be let in now. */
  refuseIfFull(): void;
}

const everybodysPlace: Place = { leave: () => undefined, takeAgain: () => undefined };

/** Who has an engine to himself refuses nobody. */
const NO_LINE: Line = { enter: () => everybodysPlace, refuseIfFull: () => undefined };

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

  /** Waits in the line for what a call comes to. */
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
   * Opens a writing, and hands out what it writes.
   *
   * @param onEnd - called at the end with the job and the number of chunks that were handed out
   */
  async *write(
    signal: AbortSignal | undefined,
    open: (job: JobId) => Promise<void>,
    onEnd?: (job: JobId, chunks: number) => void,
  ): AsyncGenerator<string, void> {
    const job = this.next();
    let chunks = 0;
    const place = this.#line.enter();
    try {
      await abortable(signal, () => open(job));
      for (;;) {
        const chunk: SampleChunk = await abortable(signal, () => this.engine.sampleChunk(job));
        if (chunk.texts.length === 0) chunks += 1;
        for (const [i, text] of chunk.texts.entries()) {
          // Much may have happened since the last one was taken.
          signal?.throwIfAborted();
          this.refuseAfterEnd();
          if (i === 0) chunks += 1;
          // Whoever reads on later waits for nothing meanwhile.
          place.leave();
          yield text;
          place.takeAgain();
        }
        if (chunk.finished) return;
      }
    } finally {
      place.leave();
      onEnd?.(job, chunks);
      void this.close(job);
    }
  }
}

/** A seed for a text that nobody asked a certain one for. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
