import { SAMPLE_CHUNK_MILLISECONDS, workFor } from "./slice.js";
import type { SampleChunk } from "./engine-api.js";
import { callWasm } from "../wasm/instance.js";
import type { Model, Sampler } from "../wasm/glue.js";

// Symbols per call into WebAssembly.
const SYMBOLS_PER_CALL = 4;

/** One text being written. */
export class SamplingJob {
  readonly #sampler: Sampler;

  /** Takes over the sampler, and frees it in {@link free}. */
  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  /** Writes on for a slice. */
  advance(model: Model): SampleChunk {
    let text = "";
    workFor(SAMPLE_CHUNK_MILLISECONDS, () => {
      text += callWasm(() => this.#sampler.next(model, SYMBOLS_PER_CALL));
      return !this.#sampler.finished;
    });
    return { text, finished: this.#sampler.finished };
  }

  free(): void {
    this.#sampler.free();
  }
}
