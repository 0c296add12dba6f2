// What WebAssembly hands out, as it crosses to the caller.
import type { Activations, ModelInfo } from "../types.js";
import type { Model } from "../wasm/glue.js";
import { callWasm } from "../wasm/instance.js";

interface Said extends Omit<ModelInfo, "tokenizer" | "normalization"> {
  readonly tokenizer: ModelInfo["tokenizer"] | "char";
  readonly normalization: ModelInfo["normalization"] | null;
}

/** What a model is made of. */
export function describe(model: Model): ModelInfo {
  const said = JSON.parse(callWasm(() => model.describe())) as Said;
  return {
    ...said,
    // The file has had that name for it from the beginning.
    tokenizer: said.tokenizer === "char" ? "characters" : said.tokenizer,
    normalization: said.normalization ?? "none",
  };
}

/** The glue hands out a copy of its own, which its types do not say; a view of shared memory would not cross to another thread. */
export function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/** All that is in activations, to move to another thread: of a long text it may be gigabytes. */
export function buffersOf({ layers }: Activations): ArrayBuffer[] {
  return layers
    .flatMap(({ hidden, cell, gates }) => (cell === undefined ? [hidden, gates] : [hidden, cell, gates]))
    .map(({ buffer }) => buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
}
