import type { Abortable, PlaceOptions } from "./types.js";

/** Options of `createPool`. */
export interface PoolOptions extends Pick<PlaceOptions, "build">, Abortable {
  /** The bytes of a model file, as `model.save()` gives them; they are copied at once. Every worker has the model in its memory. */
  model: Uint8Array;
  /** Workers that share the calls: 1 to 64. Default: one for each core of the machine. */
  workers?: number | undefined;
  /**
   * Calls that may be under way at once, those that wait among them; from 1. One more is refused with `queue-full`. A text that is read piece
   * by piece counts from its first piece until it is over, left or aborted, and is never refused in the middle. Default 1,000.
   */
  maxQueue?: number | undefined;
  /**
   * Sessions that may be open at once, from 1; one more is refused with `too-many-sessions`. Each takes what `session.save()` gives, and
   * nothing in a worker: of an lstm of 256 units 3 KB and the last 4,096 symbols. Default 1,000.
   */
  maxSessions?: number | undefined;
}
