import type { Abortable, SampleSettings } from "./types.js";

/** What a session begins with. */
export interface SessionSettings {
  /** What `session.save` gave: the session goes on where that one was. Default: a text that begins. Not together with `condition`. */
  state?: Uint8Array | undefined;
  /** The vector that the text depends on: `conditionSize` numbers. Of a model that was created with conditions, and needed there. */
  condition?: Float32Array | undefined;
}

/** Options of `model.session`. */
export type SessionOptions = SessionSettings & Abortable;

/** Options of `session.feed`. */
export interface FeedOptions extends Abortable {
  /**
   * What to do with symbols that the model has none for: `"bytes"` (default) reads the unknown symbol and their bytes, `"error"` refuses the
   * text with the code `unknown-symbol`.
   */
  unknown?: "bytes" | "error" | undefined;
}

/** How to write on in a session: as `model.sample` does, but for what the session has. */
export type SessionSampleSettings = Omit<SampleSettings, "prompt" | "unknown" | "condition">;

/** Options of `session.sample` and `session.sampleText`. */
export type SessionSampleOptions = SessionSampleSettings & Abortable;

/** What to suggest of what may come next. */
export interface CompletionSettings {
  /** How many, from 1 to 100. Default 5. */
  n?: number | undefined;
  /** `"word"` (default): the rest of a word; `"symbol"`: the next symbol. */
  unit?: "symbol" | "word" | undefined;
}

/** Options of `session.suggest`. */
export type CompletionOptions = CompletionSettings & Abortable;
