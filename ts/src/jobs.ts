import { abortable } from "./abort.js";
import type { EngineApi, JobId, SampleChunk } from "./engine/engine-api.js";
import { disposed } from "./errors.js";
import type { Running } from "./parallel/crew.js";

/** The jobs of one engine, from this side: of a model and of its sessions. */
export class Jobs {
  readonly running: Running;
  #last: JobId = 0;

  constructor(running: Running) {
    this.running = running;
  }

  get engine(): EngineApi {
    return this.running.engine;
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
    try {
      await abortable(signal, () => open(job));
      for (;;) {
        const chunk: SampleChunk = await abortable(signal, () => this.engine.sampleChunk(job));
        if (chunk.texts.length === 0) chunks += 1;
        for (const [i, text] of chunk.texts.entries()) {
          // Much may have happened since the last one was taken.
          signal?.throwIfAborted();
          if (this.running.hasEnded) throw disposed();
          if (i === 0) chunks += 1;
          yield text;
        }
        if (chunk.finished) return;
      }
    } finally {
      onEnd?.(job, chunks);
      void this.close(job);
    }
  }
}

/** A seed for a text that nobody asked a certain one for. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
