import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { callWasm } from "../wasm/instance.js";
import type { Evaluation as WasmEvaluation, Model } from "../wasm/glue.js";
import type { Evaluation } from "../types.js";

// Per call into WebAssembly, over all streams together, so that a call takes as long for many streams as for one.
const TOKENS_PER_CALL = 256;

/** One evaluation of a text, read in slices. */
export class EvaluationJob {
  readonly #evaluation: WasmEvaluation;

  /** Takes over the evaluation, and frees it in {@link free}. */
  constructor(evaluation: WasmEvaluation) {
    this.#evaluation = evaluation;
  }

  /** Reads on for a slice. The result once all is read. */
  advance(model: Model): Evaluation | undefined {
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#evaluation.advance(model, TOKENS_PER_CALL));
      return !isDone;
    });
    return isDone ? (JSON.parse(callWasm(() => this.#evaluation.result())) as Evaluation) : undefined;
  }

  free(): void {
    this.#evaluation.free();
  }
}
