/** What is still to be told of each signal's abort. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has `tell` called once when a signal is aborted. However many calls share a signal, it gets one listener: Node takes more than ten for a
 * leak, and warns of them.
 *
 * @returns to be called when nobody wants to know any more; may be called again, to no effect
 */
export function onAbort(signal: AbortSignal | undefined, tell: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const told = waiting.get(signal) ?? listenTo(signal);
  // So that the same function may be given twice.
  const once = (): void => tell();
  told.add(once);
  return () => {
    if (!told.delete(once) || told.size > 0) return;
    signal.removeEventListener("abort", tellAll);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const told = new Set<() => void>();
  waiting.set(signal, told);
  signal.addEventListener("abort", tellAll, { once: true });
  return told;
}

/** In the order in which they asked for it, but for those that no longer want to know, perhaps because of another one. */
function tellAll({ target }: Event): void {
  for (const tell of waiting.get(target as AbortSignal) ?? []) tell();
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
