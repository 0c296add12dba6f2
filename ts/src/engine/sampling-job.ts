import { CHUNK_MILLISECONDS, SAMPLE_CHUNK_MILLISECONDS, workFor } from "./slice.js";
import type { SampleChunk } from "./engine-api.js";
import { callWasm } from "../wasm/instance.js";
import type { Model, Sampler } from "../wasm/glue.js";

// Symbols of one text per call into WebAssembly. Of several texts it is one of each, which takes as long as many of one.
const SYMBOLS_PER_CALL = 4;

/** One text being written, or several side by side. */
export class SamplingJob {
  readonly #sampler: Sampler;
  readonly #isInPieces: boolean;

  /**
   * Takes over the sampler, and frees it in {@link free}.
   *
   * @param isInPieces - for a single text: whether it is handed out as it is written, instead of when it is whole
   */
  constructor(sampler: Sampler, isInPieces: boolean) {
    this.#sampler = sampler;
    this.#isInPieces = isInPieces;
  }

  /** Writes on for a slice. */
  advance(model: Model): SampleChunk {
    const texts = this.#isInPieces ? this.#piece(model) : this.#wholeTexts(model);
    return { texts, finished: this.#sampler.finished };
  }

  free(): void {
    this.#sampler.free();
  }

  #piece(model: Model): string[] {
    let piece = "";
    workFor(SAMPLE_CHUNK_MILLISECONDS, () => {
      piece += callWasm(() => this.#sampler.next(model, SYMBOLS_PER_CALL));
      return !this.#sampler.finished;
    });
    return piece === "" ? [] : [piece];
  }

  #wholeTexts(model: Model): string[] {
    workFor(CHUNK_MILLISECONDS, () => {
      callWasm(() => this.#sampler.advance(model, 1));
      return !this.#sampler.finished;
    });
    const texts: string[] = [];
    for (;;) {
      const text = callWasm(() => this.#sampler.take());
      if (text === undefined) return texts;
      texts.push(text);
    }
  }
}
