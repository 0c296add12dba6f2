// A look at the worker threads that the package starts, from outside: it has no hook for tests.
import { Worker } from "node:worker_threads";
import { onTestFinished, vi } from "vitest";

/** Notes, until the end of the test, every worker that is sent a message: `all` in the order of their first ones. */
export function watchWorkers(): { last(): Worker; all(): Worker[] } {
  const spy = vi.spyOn(Worker.prototype, "postMessage");
  onTestFinished(() => spy.mockRestore());
  return {
    all() {
      return [...new Set(spy.mock.contexts)].filter((context: unknown) => context instanceof Worker);
    },
    last() {
      const worker: unknown = spy.mock.contexts.at(-1);
      if (!(worker instanceof Worker)) throw new Error("no worker was sent anything");
      return worker;
    },
  };
}
