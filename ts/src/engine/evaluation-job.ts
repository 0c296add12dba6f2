import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { callWasm } from "../wasm/instance.js";
import type { Evaluation as WasmEvaluation, Model } from "../wasm/glue.js";
import type { Evaluation } from "../types.js";

// Per stream and call into WebAssembly; it reads whole windows of this length.
const TOKENS_PER_CALL = 64;

/** One evaluation of a text, read in slices. */
export class EvaluationJob {
  readonly #evaluation: WasmEvaluation;
  readonly #tokensPerCall: number;

  /** Takes over the evaluation, and frees it in {@link free}. */
  constructor(evaluation: WasmEvaluation, streams: number) {
    this.#evaluation = evaluation;
    this.#tokensPerCall = TOKENS_PER_CALL * streams;
  }

  /** Reads on for a slice. The result once all is read. */
  advance(model: Model): Evaluation | undefined {
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#evaluation.advance(model, this.#tokensPerCall));
      return !isDone;
    });
    return isDone ? (JSON.parse(callWasm(() => this.#evaluation.result())) as Evaluation) : undefined;
  }

  free(): void {
    this.#evaluation.free();
  }
}
