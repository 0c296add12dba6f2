// How a signal ends what it was given to. `abortable` is for whoever waits for a promise; `onAbort` for whoever has something to stop, as a
// stream that is read, or to give back though nobody asks any more; `signal.throwIfAborted()` for between two pieces of work that wait for
// nothing. None of them stops the work of an engine: who began a job there closes it.
import { expectListeners } from "#platform";

/**
 * Has `tell` called once when a signal is aborted from now on: of one that is aborted already it tells nothing, so look at that first
 * (`signal?.throwIfAborted()`).
 *
 * @returns to be called when the work is over, or the signal, which may outlive it by far, keeps hold of `tell`; may be called again, to no
 * effect
 */
export function onAbort(signal: AbortSignal | undefined, tell: () => void): () => void {
  if (signal === undefined) return () => undefined;
  expectListeners(signal);
  signal.addEventListener("abort", tell, { once: true });
  return () => signal.removeEventListener("abort", tell);
}

/**
 * Waits for a piece of work, or for the signal: on abort it rejects at once with the signal's `reason`. The work itself goes on, and what
 * it comes to, a failure too, is dropped: if that has to be given back, see to it in `begin`. Work is not begun under a signal that is
 * aborted already.
 *
 * @throws what the work rejects with; on abort the signal's `reason`
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
