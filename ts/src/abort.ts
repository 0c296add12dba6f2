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
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    begin()
      .finally(() => signal.removeEventListener("abort", onAbort))
      .then(resolve, reject);
  });
}
