import { readFileInPieces } from "#platform";
import { abortable, onAbort } from "../abort.js";
import { nameOfInput, type TextInput } from "./text-input.js";
import { Utf8Reader } from "./utf8-reader.js";
import { MynahError } from "../errors.js";

/**
 * The text of an input as it comes. Reading ends with the loop, or with the signal.
 *
 * @param option - that it was given as, for messages
 * @throws MynahError `invalid-option` for a stream that was read before and for what is no text, `unreadable-source`, `empty-text`,
 * `binary-file` or `invalid-utf8`; of a path also `file-not-found`, `is-a-directory` and `unreadable-file`; on abort the signal's `reason`.
 */
export async function* readInput(
  input: TextInput,
  option: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const name = nameOfInput(input);
  let bytes: Utf8Reader | undefined;
  let isEmpty = true;
  for await (const chunk of chunksOf(input, option, signal)) {
    signal?.throwIfAborted();
    if (!isText(chunk)) {
      const got = `a chunk of type ${typeof chunk}`;
      throw new MynahError(
        "invalid-option",
        `${option}: ${name} gave ${got}, but must give bytes or strings`,
      );
    }
    if (chunk.length === 0) continue;
    isEmpty = false;
    if (typeof chunk === "string") {
      // What goes on after it would come after it.
      bytes?.endCharacter();
      yield chunk;
    } else {
      bytes ??= new Utf8Reader(name);
      yield bytes.read(chunk);
    }
  }
  // Where a stream was cancelled by the signal, it just ends.
  signal?.throwIfAborted();
  bytes?.end();
  if (isEmpty) throw empty(input, name);
}

function isText(chunk: unknown): chunk is string | Uint8Array {
  return typeof chunk === "string" || chunk instanceof Uint8Array;
}

/** Each chunk is whoever gave it's own. */
async function* chunksOf(
  input: TextInput,
  option: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  try {
    if (input instanceof Blob) yield* ofStream(input.stream(), signal);
    else if (input instanceof URL) yield* ofUrl(input, signal);
    else if (input instanceof ReadableStream) yield* ofStream(unread(input, option), signal);
    else if ("file" in input) yield* readFileInPieces(input.file);
    else yield* ofIterable(input, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof MynahError) throw cause;
    throw unreadable(input, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function* ofUrl(url: URL, signal: AbortSignal | undefined): AsyncGenerator<unknown, void, undefined> {
  if (url.protocol === "file:") {
    yield* readFileInPieces(url);
    return;
  }
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw unreadable(url, `the answer is ${`${response.status} ${response.statusText}`.trim()}`);
  }
  if (response.body !== null) yield* ofStream(response.body, signal);
}

async function* ofStream(
  stream: ReadableStream<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  // Ends a read that may otherwise wait for ever.
  const cancel = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  const stopListening = onAbort(signal, cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    stopListening();
    // To no effect where it has come to its end.
    cancel();
    reader.releaseLock();
  }
}

async function* ofIterable(
  input: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  const iterator = input[Symbol.asyncIterator]();
  let isLeft = false;
  try {
    for (;;) {
      const { done, value } = await abortable(signal, async () => iterator.next());
      if (done === true) return;
      isLeft = true;
      yield value;
      isLeft = false;
    }
  } finally {
    // It may be waiting for its next chunk, and for ever.
    if (signal?.aborted === true) void leave(input, iterator);
    else if (isLeft) await leave(input, iterator);
  }
}

/** Has what gives the chunks stop. A stream of Node's does so even while it waits for one, and keeps the process alive no longer. */
async function leave(input: AsyncIterable<unknown>, iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    if ("destroy" in input && typeof input.destroy === "function") input.destroy();
    await iterator.return?.();
  } catch {
    // Whoever reads has an error of his own.
  }
}

/** @throws MynahError `invalid-option` where it cannot be read from its beginning. */
function unread(stream: ReadableStream<unknown>, option: string): ReadableStream<unknown> {
  const again = "a stream is read once, so give each call one of its own, or a File, a Blob or a URL";
  if (stream.locked) {
    throw new MynahError("invalid-option", `${option} is a stream that is being read elsewhere: ${again}`);
  }
  try {
    // The only thing that tells.
    void new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>);
  } catch (cause) {
    throw new MynahError("invalid-option", `${option} is a stream that was read before: ${again}`, { cause });
  }
  return stream;
}

function unreadable(input: TextInput, why: string, cause?: unknown): MynahError {
  const options = cause === undefined ? undefined : { cause };
  return new MynahError("unreadable-source", `${nameOfInput(input)} could not be read: ${why}`, options);
}

function empty(input: TextInput, name: string): MynahError {
  const isIterable = !(input instanceof Blob) && !(input instanceof URL) && Symbol.asyncIterator in input;
  const hint = isIterable
    ? "; what was read before gives nothing again, so each call wants one of its own"
    : "";
  return new MynahError("empty-text", `${name} is empty${hint}`);
}
