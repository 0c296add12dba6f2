// Jobs that read one text, or one document, from its beginning to its end.
import type { ScoreChunk } from "./engine-api.js";
import { CHUNK_MILLISECONDS, workFor } from "./slice.js";
import { EMBED_DEFAULTS, INPUT_GRADIENT_DEFAULTS, SCORE_DEFAULTS } from "../options/defaults.js";
import type {
  ConditionSettings,
  EmbedSettings,
  InputGradientSettings,
  ScoreSettings,
} from "../options/insight-types.js";
import type { Activations, Evaluation, InputGradient } from "../types.js";
import { Activations as WasmActivations, Embedder, inputGradient, Scorer, type Model } from "../wasm/glue.js";
import { callWasm } from "../wasm/instance.js";

// As in an evaluation of one stream.
const SYMBOLS_PER_CALL = 256;

/** One text being scored. */
export class ScoringJob {
  readonly #scorer: Scorer;

  /** @throws MynahError for a text or options that the model refuses. */
  constructor(model: Model, text: string, settings: ScoreSettings) {
    const { alternatives = SCORE_DEFAULTS.alternatives, condition = new Float32Array() } = settings;
    const isInt8 = (settings.quantize ?? SCORE_DEFAULTS.quantize) === "int8";
    this.#scorer = callWasm(() => new Scorer(model, text, alternatives, condition, isInt8));
  }

  /** Scores on for a slice. */
  advance(model: Model): ScoreChunk {
    const scorer = this.#scorer;
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => scorer.advance(model, SYMBOLS_PER_CALL));
      return !isDone;
    });
    return callWasm(() => {
      scorer.collect();
      return {
        logProbabilities: scorer.takeLogProbabilities(),
        ranks: scorer.takeRanks(),
        entropies: scorer.takeEntropies(),
        alternatives: scorer.takeAlternatives(),
        alternativeProbabilities: scorer.takeAlternativeProbabilities(),
        alternativesEach: scorer.alternatives,
        ...(isDone ? { result: JSON.parse(scorer.result()) as Evaluation } : {}),
      };
    });
  }

  free(): void {
    this.#scorer.free();
  }
}

/** One text whose reading is looked at. */
export class ActivationsJob {
  readonly #activations: WasmActivations;

  /** @throws MynahError for a text or a model that has none. */
  constructor(model: Model, text: string, { condition = new Float32Array() }: ConditionSettings) {
    this.#activations = callWasm(() => new WasmActivations(model, text, condition));
  }

  /** Reads on for a slice. What was seen once all is read. */
  advance(model: Model): Activations | undefined {
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#activations.advance(model, SYMBOLS_PER_CALL));
      return !isDone;
    });
    return isDone ? callWasm(() => this.#collect()) : undefined;
  }

  free(): void {
    this.#activations.free();
  }

  #collect(): Activations {
    const seen = this.#activations;
    const layers = Array.from({ length: seen.layers }, (_, layer) => {
      const names = seen.gateNames(layer);
      const cell = seen.takeCell(layer);
      return {
        hiddenSize: seen.hiddenSize(layer),
        hidden: seen.takeHidden(layer),
        ...(cell.length === 0 ? {} : { cell }),
        gateNames: names === "" ? [] : names.split(" "),
        gates: seen.takeGates(layer),
      };
    });
    return { layers };
  }
}

/** {@link TextModel.inputGradient}: one window, forward and back. */
export function findInputGradient(
  model: Model,
  text: string,
  settings: InputGradientSettings,
): InputGradient {
  const { condition = new Float32Array(), of = INPUT_GRADIENT_DEFAULTS.of } = settings;
  const found = callWasm(() => inputGradient(model, text, condition, of === "all"));
  try {
    return { norms: found.norms, loss: found.loss };
  } finally {
    found.free();
  }
}

/** One text being made a vector of. */
export class EmbeddingJob {
  readonly #embedder: Embedder;

  /** @throws MynahError for a text or options that the model refuses. */
  constructor(model: Model, text: string, settings: EmbedSettings) {
    const { condition = new Float32Array(), pooling = EMBED_DEFAULTS.pooling } = settings;
    this.#embedder = callWasm(() => new Embedder(model, text, condition, pooling === "last"));
  }

  /** Reads on for a slice. The vector once all is read. */
  advance(model: Model): Float32Array | undefined {
    let isDone = false;
    workFor(CHUNK_MILLISECONDS, () => {
      isDone = callWasm(() => this.#embedder.advance(model, SYMBOLS_PER_CALL));
      return !isDone;
    });
    return isDone ? callWasm(() => this.#embedder.embedding()) : undefined;
  }

  free(): void {
    this.#embedder.free();
  }
}
