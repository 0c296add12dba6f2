/**
 * Every `code` a {@link MynahError} can carry. They are stable: programs may compare them, people read the message.
 */
export const ERROR_CODES = [
  /** The text has no symbols at all. */
  "empty-text",
  /** The text is shorter than one training window. */
  "text-too-short",
  /** The text, or a line of it, is longer than a JavaScript string can be; or a corpus is longer than its places can be counted. */
  "text-too-long",
  /** The text is not the one that the checkpoint's run learns. */
  "different-text",
  /** A text file is not UTF-8. */
  "invalid-utf8",
  /** A file that should hold text holds NUL bytes. */
  "binary-file",
  /** There is no file at the path. */
  "file-not-found",
  /** The path is a folder where a file is wanted. */
  "is-a-directory",
  /** The file exists and cannot be read. */
  "unreadable-file",
  /** A URL, a Blob, a stream or an iterable could not be read to its end. */
  "unreadable-source",
  /** The result could not be written to the path. */
  "unwritable-output",
  /** There is no room for what is to be saved: the disk is full, or what a browser gives a site. What was there before still is. */
  "storage-full",
  /** Models cannot be kept here: a browser's storage is blocked or fails, or there is none. */
  "storage-unavailable",
  /** No model is kept under this name. */
  "model-not-found",
  /** Another model is kept under the new name. */
  "model-exists",
  /** An option's name is not known; the message suggests the nearest one. */
  "unknown-option",
  /** An option has the wrong type or is out of range. */
  "invalid-option",
  /** Two options exclude each other. */
  "contradictory-options",
  /** An option that has no default was left out. */
  "missing-option",
  /** A tokenizer.json that cannot be taken over, or a tokenizer that cannot be written as one. */
  "unsupported-tokenizer",
  /** A model file is damaged, or is not a model file. */
  "bad-model-file",
  /** Bytes that are no session of this model, or of one that is made alike. */
  "bad-session-state",
  /** There is no run to go on with: the file is a finished model, or the model was never trained, or to the end. */
  "no-training-state",
  /** A text has symbols that the model has none for, and may not, or cannot, be read as bytes. */
  "unknown-symbol",
  /** The options of a sample forbid every symbol. */
  "no-symbol-left",
  /** The model writes too few texts that are `unique`, or not in the corpus that they must differ from. */
  "no-new-text",
  /** No embedded corpus has this name. */
  "unknown-corpus",
  /** Training diverged: the loss is no longer a number. */
  "non-finite-loss",
  /** The worker, or the WebAssembly instance within it, died; the model with it. Make a new model to go on. */
  "worker-crashed",
  /** The engine could not get the memory it asked for. */
  "out-of-memory",
  /** The model, the session or the pool was disposed of before this call, or during it. */
  "disposed",
  /** The model is already training, the training is already looped over, or awaited, or the session is being written on. */
  "busy",
  /** More calls of a pool would be under way than `maxQueue` allows; call again when others have been answered. */
  "queue-full",
  /** A pool has as many sessions as `maxSessions` allows; dispose of some. */
  "too-many-sessions",
  /** This JavaScript engine lacks WebAssembly, its SIMD instructions, or the build that was asked for. */
  "unsupported-engine",
  /** The package's WebAssembly could not be read or fetched, or what came is none; the message has the URL or the path. */
  "wasm-unavailable",
  /** A bug in mynah; please report it. */
  "internal",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The one error class of this package: what went wrong as a stable `code`, a sentence for people in `message`,
 * and in `cause` the error beneath it, if any.
 *
 * An abort is not a `MynahError`: it rejects with the signal's own `reason`.
 */
export class MynahError extends Error {
  override readonly name = "MynahError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is thrown, as a `MynahError`: itself if it is one, an error of the same name and code rebuilt, anything else as `internal`. */
export function toMynahError(thrown: unknown): MynahError {
  if (thrown instanceof MynahError) return thrown;
  if (thrown instanceof Error) {
    const code: unknown = "code" in thrown ? thrown.code : undefined;
    if (thrown.name === "MynahError" && isErrorCode(code)) {
      return new MynahError(code, thrown.message, "cause" in thrown ? { cause: thrown.cause } : undefined);
    }
    return new MynahError("internal", `Unexpected error in mynah: ${thrown.message}`, { cause: thrown });
  }
  return new MynahError("internal", `Unexpected error in mynah: ${String(thrown)}`, { cause: thrown });
}

const MAKE_ANOTHER = {
  model: "create or load another one",
  session: "open another one",
  pool: "create another one",
} as const;

/** What can be disposed of. */
export type Handle = keyof typeof MAKE_ANOTHER;

/** What every call of a model, a session or a pool ends with that was disposed of. */
export function disposed(what: Handle = "model"): MynahError {
  return new MynahError("disposed", `The ${what} was disposed of; ${MAKE_ANOTHER[what]}`);
}

/** Whether a value is one of {@link ERROR_CODES}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return ERROR_CODES.some((code) => code === value);
}
