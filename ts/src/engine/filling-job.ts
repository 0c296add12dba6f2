import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { callWasm } from "../wasm/instance.js";
import type { FillSettings } from "../options/types.js";
import { Filler, type Model } from "../wasm/glue.js";

// Symbols per call into WebAssembly: as few as in writing, so that a large model answers an abort as soon; more at once are no faster.
const SYMBOLS_PER_CALL = 4;

/** One text being filled. */
export class FillingJob {
  readonly #filler: Filler;

  constructor(model: Model, settings: FillSettings) {
    const { text, blank, temperature, sweeps, seed, unknown, condition } = settings;
    this.#filler = callWasm(
      () =>
        new Filler(
          model,
          text,
          blank,
          temperature,
          sweeps,
          seed,
          unknown === "error",
          condition ?? new Float32Array(),
        ),
    );
  }

  /** Fills on for a slice. The text once all is filled. */
  advance(model: Model): string | undefined {
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#filler.advance(model, SYMBOLS_PER_CALL));
      return !isDone;
    });
    return isDone ? callWasm(() => this.#filler.text(model)) : undefined;
  }

  free(): void {
    this.#filler.free();
  }
}
