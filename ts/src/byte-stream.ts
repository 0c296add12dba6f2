// What is written piece by piece, in other forms.

/** All of it at once. */
export async function wholeText(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

/**
 * The pieces as a stream of their bytes, UTF-8. Each is asked for when a reader waits for it, so that nothing is written ahead of a slow
 * one; cancelling leaves the loop.
 */
export function byteStream(pieces: AsyncGenerator<string, void>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
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
        isCancelled = true;
        await pieces.return(undefined);
      },
    },
    // By default one piece waits for the reader.
    { highWaterMark: 0 },
  );
}
