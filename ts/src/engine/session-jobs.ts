// A session and what is done with it: each reading and each writing is a job of its own, so that it can be left like any other.
import type { BeginningSettings, ContinuationSettings, SampleChunk } from "./engine-api.js";
import { CHUNK_MILLISECONDS, SAMPLE_CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { forWasm } from "./sampling-job.js";
import { disposed } from "../errors.js";
import { COMPLETION_DEFAULTS, SAMPLE_DEFAULTS } from "../options/defaults.js";
import type { CompletionSettings } from "../options/session-types.js";
import type { SampleSettings } from "../options/types.js";
import type { Completion, ModelInfo } from "../types.js";
import { Session, SessionFeeding, SessionReader, SessionWriter, type Model } from "../wasm/glue.js";
import { callWasm } from "../wasm/instance.js";
import { toJson } from "../wasm/json.js";

// As few as in writing, so that a large model answers an abort as soon.
const SYMBOLS_PER_CALL = 4;

// What a word ends before.
const WORD_END = /[\p{White_Space}\p{P}]/u;

/** The networks that all sessions of a model share, each made when it is first needed. */
export class SessionReaders {
  readonly #model: Model;
  readonly #info: ModelInfo;
  #wordEnds: string | undefined;
  #whole: SessionReader | undefined;
  #int8: SessionReader | undefined;

  constructor(model: Model, info: ModelInfo) {
    this.#model = model;
    this.#info = info;
  }

  /** The characters of the model that end words. */
  get wordEnds(): string {
    return (this.#wordEnds ??= charactersOf(this.#info)
      .filter((character) => WORD_END.test(character))
      .join(""));
  }

  get whole(): SessionReader {
    return (this.#whole ??= callWasm(() => new SessionReader(this.#model, false)));
  }

  get int8(): SessionReader {
    return (this.#int8 ??= callWasm(() => new SessionReader(this.#model, true)));
  }

  /** The one that reads and writes so. */
  of({ quantize = SAMPLE_DEFAULTS.quantize }: Pick<SampleSettings, "quantize">): SessionReader {
    return quantize === "int8" ? this.int8 : this.whole;
  }

  free(): void {
    this.#whole?.free();
    this.#int8?.free();
    this.#whole = this.#int8 = undefined;
  }
}

/** The characters that a model can write; where symbols are parts of them those of Unicode's first plane, which has all punctuation in use. */
function charactersOf({ tokenizer, vocabulary }: ModelInfo): string[] {
  if (tokenizer === "bytes" || tokenizer === "bpe") {
    return Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code));
  }
  return Array.from(new Set(vocabulary.join("")));
}

/** One session, open until it is closed. */
export class SessionJob {
  #session: Session | undefined;

  /** Takes over the session, and frees it in {@link free}. */
  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws MynahError for a condition that is not the model's, `bad-session-state`. */
  static open(model: Model, readers: SessionReaders, settings: BeginningSettings): SessionJob {
    const { state, condition = new Float32Array() } = settings;
    const reader = readers.of(settings);
    return new SessionJob(
      callWasm(() =>
        state === undefined ? new Session(reader, model, condition) : Session.restore(reader, model, state),
      ),
    );
  }

  /** @throws MynahError `disposed` when it was closed. */
  get session(): Session {
    if (this.#session === undefined) throw disposed("session");
    return this.#session;
  }

  suggest(model: Model, readers: SessionReaders, settings: CompletionSettings): Completion[] {
    const { n = COMPLETION_DEFAULTS.n, unit = COMPLETION_DEFAULTS.unit } = settings;
    const { session } = this;
    const reader = readers.whole;
    const json = callWasm(() =>
      unit === "symbol"
        ? session.nextSymbols(reader, model, n)
        : session.nextWords(reader, model, n, readers.wordEnds),
    );
    return JSON.parse(json) as Completion[];
  }

  fork(): SessionJob {
    return new SessionJob(callWasm(() => this.session.fork()));
  }

  blend(model: Model, other: SessionJob, weight: number): SessionJob {
    return new SessionJob(callWasm(() => this.session.blend(model, other.session, weight)));
  }

  save(model: Model): Uint8Array {
    return callWasm(() => this.session.save(model));
  }

  /** Goes back to an earlier copy, which it takes over. A session that was closed stays so. */
  goBack(before: Session): void {
    if (this.#session === undefined) {
      before.free();
      return;
    }
    this.#session.free();
    this.#session = before;
  }

  free(): void {
    this.#session?.free();
    this.#session = undefined;
  }
}

/** What a job has done to a session, for as long as it can be undone. */
class Undo {
  readonly #owner: SessionJob;
  #before: Session | undefined;

  constructor(owner: SessionJob) {
    this.#owner = owner;
  }

  /** From here on. */
  begin(): void {
    this.free();
    this.#before = callWasm(() => this.#owner.session.fork());
  }

  undo(): void {
    if (this.#before !== undefined) this.#owner.goBack(this.#before);
    this.#before = undefined;
  }

  free(): void {
    this.#before?.free();
    this.#before = undefined;
  }
}

/** One text being read on in a session. */
export class FeedingJob {
  readonly #owner: SessionJob;
  readonly #feeding: SessionFeeding;
  readonly #undo: Undo;

  /** @throws MynahError `unknown-symbol`. */
  constructor(model: Model, owner: SessionJob, text: string, unknown: "bytes" | "error") {
    this.#owner = owner;
    this.#undo = new Undo(owner);
    this.#feeding = callWasm(() => new SessionFeeding(model, text, unknown === "error"));
    this.#undo.begin();
  }

  /** Reads on for a slice; whether all is read. */
  advance(model: Model, readers: SessionReaders): boolean {
    const { session } = this.#owner;
    const reader = readers.whole;
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#feeding.advance(reader, model, session, SYMBOLS_PER_CALL));
      return !isDone;
    });
    return isDone;
  }

  /** Brings the session back to where it was before the text. */
  undo(): void {
    this.#undo.undo();
  }

  free(): void {
    this.#undo.free();
    this.#feeding.free();
  }
}

/** One text being written on in a session, or after a prompt of its own. */
export class SessionSamplingJob {
  readonly #owner: SessionJob;
  readonly #writer: SessionWriter;
  readonly #reader: SessionReader;
  /** Of a text of its own there is nothing to be undone: the session stays where it is. */
  readonly #undo: Undo | undefined;
  /** Slices done. */
  #chunks = 0;

  /** @throws MynahError for options that the model refuses. */
  constructor(model: Model, readers: SessionReaders, owner: SessionJob, settings: ContinuationSettings) {
    this.#owner = owner;
    this.#undo = settings.prompt === undefined ? new Undo(owner) : undefined;
    this.#reader = readers.of(settings);
    this.#writer = callWasm(() => new SessionWriter(model, owner.session, toJson(forWasm(settings))));
  }

  /** Writes on for a slice. */
  advance(model: Model): SampleChunk {
    this.#undo?.begin();
    this.#chunks += 1;
    const { session } = this.#owner;
    let piece = "";
    workFor(SAMPLE_CHUNK_MILLISECONDS, () => {
      piece += callWasm(() => this.#writer.next(this.#reader, model, session, SYMBOLS_PER_CALL));
      return !this.#writer.finished;
    });
    return { texts: piece === "" ? [] : [piece], finished: this.#writer.finished };
  }

  /** Brings the session back to where it was after so many slices: all, or all but the last. */
  undo(chunks: number): void {
    if (this.#chunks > chunks) this.#undo?.undo();
  }

  free(): void {
    this.#undo?.free();
    this.#writer.free();
  }
}
