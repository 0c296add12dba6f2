// What is written piece by piece, in other forms.
import { onAbort } from "./abort.js";

/** All of it at once. */
export async function wholeText(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

/**
 * What is written as a stream of its bytes, UTF-8. Each piece is asked for when a reader waits for it, so that nothing is written ahead of a
 * slow one; cancelling leaves the loop, in the middle of a piece too.
 *
 * @param signal - of the caller; on abort the stream ends with its `reason`
 * @param write - begins the writing, with the first read; on abort of the signal that it is given it ends at once
 */
export function byteStream(
  signal: AbortSignal | undefined,
  write: (signal: AbortSignal) => AsyncGenerator<string, void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const own = new AbortController();
  const pieces = joined(signal, own, write);
  let isCancelled = false;
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (isCancelled) return;
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        // A generator is left only after the piece that it has been asked for, which may be a long time coming.
        isCancelled = true;
        own.abort();
        await pieces.return(undefined);
      },
    },
    // By default one piece waits for the reader.
    { highWaterMark: 0 },
  );
}

/** What is written under a signal that is aborted with another one, which is listened to no longer than that takes. */
async function* joined(
  signal: AbortSignal | undefined,
  own: AbortController,
  write: (signal: AbortSignal) => AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  signal?.throwIfAborted();
  const stopListening = onAbort(signal, () => own.abort(signal?.reason));
  try {
    yield* write(own.signal);
  } finally {
    stopListening();
  }
}
