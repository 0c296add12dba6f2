import { compileWasm } from "#platform";
import { MynahError } from "../errors.js";
import type { Build } from "../types.js";

const compiled = new Map<Build, Promise<WebAssembly.Module>>();

/**
 * The compiled module of a build: read and compiled once, then shared by every model and worker.
 *
 * @throws MynahError `wasm-unavailable` when the package's file cannot be read, or is not what the server sent. The next call tries again.
 */
export function wasmModule(build: Build): Promise<WebAssembly.Module> {
  const known = compiled.get(build);
  if (known !== undefined) return known;
  const module = compileWasm(build).catch((cause: unknown) => {
    compiled.delete(build);
    if (cause instanceof MynahError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `mynah's ${build} WebAssembly build could not be loaded: ${why}`;
    throw new MynahError("wasm-unavailable", message, { cause });
  });
  compiled.set(build, module);
  return module;
}
