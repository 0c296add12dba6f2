// What is known of workers that could not be started: where a page may start none, it is told so once, and need not be asked for each model.
import type { NotStarted } from "./platform.js";

let failure: NotStarted | undefined;

/** Why no worker can be started here; `undefined` as long as none has failed to. */
export function failedStart(): NotStarted | undefined {
  return failure;
}

/** Notes that no worker can be started here, or, with `undefined`, that this is not known any more. */
export function noteFailedStart(cause: NotStarted | undefined): void {
  failure = cause;
}
