import { initSync } from "./glue.js";
import { MynahError, toMynahError } from "../errors.js";
import type { Build } from "../types.js";

// wasm-bindgen's glue holds one instance per JavaScript realm (a thread, or a worker), so this module does too.
let runningBuild: Build | undefined;
let death: MynahError | undefined;

/**
 * Instantiates a build in this realm, or takes the instance that is already there.
 *
 * @throws MynahError `contradictory-options` when the realm runs the other build, `out-of-memory` when the engine
 * has none left, `worker-crashed` when the instance died earlier.
 */
export function instantiate(module: WebAssembly.Module, build: Build): void {
  if (death !== undefined) throw death;
  if (runningBuild !== undefined && runningBuild !== build) {
    throw new MynahError(
      "contradictory-options",
      `Models with worker: false share one WebAssembly instance, and that of the ${runningBuild} build; build cannot be "${build}" here. Use a worker for it`,
    );
  }
  callWasm(() => initSync({ module }));
  runningBuild = build;
}

/** The build that this realm runs, if it runs one. */
export function instantiatedBuild(): Build | undefined {
  return runningBuild;
}

/** Whether the instance of this realm can still be called. */
export function isInstanceAlive(): boolean {
  return death === undefined;
}

/**
 * Runs a call into WebAssembly; whatever it throws comes out as a {@link MynahError}.
 *
 * A trap leaves Rust's memory in an unknown state. From then on the instance counts as dead, and every call throws.
 */
export function callWasm<Result>(call: () => Result): Result {
  if (death !== undefined) throw death;
  try {
    return call();
  } catch (thrown) {
    const error = explain(thrown);
    if (isTrap(thrown)) death = error;
    throw error;
  }
}

/** A stack overflow is a RangeError in V8 and JavaScriptCore and an InternalError in SpiderMonkey, and unwinds no Rust frame. */
function isTrap(thrown: unknown): boolean {
  if (thrown instanceof WebAssembly.RuntimeError) return true;
  return thrown instanceof Error && /call stack|too much recursion/i.test(thrown.message);
}

function explain(thrown: unknown): MynahError {
  if (isTrap(thrown)) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    const message = `The WebAssembly engine crashed (${detail}), and the model with it`;
    return new MynahError("worker-crashed", message, { cause: thrown });
  }
  // "could not allocate memory", "Array buffer allocation failed", "Out of memory": each engine has its own words.
  if (thrown instanceof RangeError && /memory|allocation/i.test(thrown.message)) {
    return new MynahError("out-of-memory", `The engine has no memory left for this (${thrown.message})`, {
      cause: thrown,
    });
  }
  return toMynahError(thrown);
}
