import { expectListeners } from "#platform";

/**
 * Has `tell` called once when a signal is aborted.
 *
 * @returns to be called when nobody wants to know any more; may be called again, to no effect
 */
export function onAbort(signal: AbortSignal | undefined, tell: () => void): () => void {
  if (signal === undefined) return () => undefined;
  expectListeners(signal);
  signal.addEventListener("abort", tell, { once: true });
  return () => signal.removeEventListener("abort", tell);
}

/**
 * Waits for a piece of work, or for the signal: on abort it rejects at once with the signal's `reason`, and what the work
 * comes to later is dropped. Work is not begun under a signal that is aborted already.
 */
export function abortable<Result>(
  signal: AbortSignal | undefined,
  begin: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return begin();
  return new Promise((resolve, reject) => {
    const refuse = (): void => reject(signal.reason);
    if (signal.aborted) {
      refuse();
      return;
    }
    const stopListening = onAbort(signal, refuse);
    begin().finally(stopListening).then(resolve, reject);
  });
}
