// A look at the worker threads that the package starts, from outside: it has no hook for tests.
import { Worker } from "node:worker_threads";
import { onTestFinished, vi } from "vitest";

/** Notes, until the end of the test, every worker that is sent a message: `all` in the order of their first ones; `sent` counts messages. */
export function watchWorkers(): { last(): Worker; all(): Worker[]; sent(): number } {
  const spy = vi.spyOn(Worker.prototype, "postMessage");
  onTestFinished(() => spy.mockRestore());
  return {
    all() {
      return [...new Set(spy.mock.contexts)].filter((context: unknown) => context instanceof Worker);
    },
    sent: () => spy.mock.calls.length,
    last() {
      const worker: unknown = spy.mock.contexts.at(-1);
      if (!(worker instanceof Worker)) throw new Error("no worker was sent anything");
      return worker;
    },
  };
}
