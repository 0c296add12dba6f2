import { describe } from "./crossing.js";
import type { SourceSize } from "./engine-api.js";
import { roughSizeOf } from "./source-size.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import { MODEL_TABLE } from "../options/model-table.js";
import { pickFrom } from "../options/spec.js";
import type { ModelOptions, TrainSettings } from "../options/types.js";
import { memoryEstimate, parameterCount, type Model } from "../wasm/glue.js";
import { callWasm } from "../wasm/instance.js";
import { toJson } from "../wasm/json.js";

/** What 32 bits can address, in bytes: no WebAssembly instance has more. */
const MOST_BYTES = 2 ** 32;

/** What a model and its training will take, in bytes. */
export function estimateMemory(options: ModelOptions, settings: TrainSettings, size: SourceSize): number {
  const { vocabularySize, symbols, documents } = size;
  return callWasm(() =>
    memoryEstimate(
      toJson(options),
      toJson(settings),
      vocabularySize,
      symbols,
      documents?.count ?? 0,
      documents?.longest ?? 0,
    ),
  );
}

/** Numbers that the training of such a model adjusts. */
export function countParameters(options: ModelOptions, vocabularySize: number): number {
  return callWasm(() => parameterCount(toJson(options), vocabularySize));
}

/**
 * Refuses a training that no WebAssembly instance has the memory for, before any is taken.
 *
 * @throws MynahError `out-of-memory`.
 */
export function refuseWhatCannotFit(model: Model, settings: TrainSettings, source: ResolvedSource): void {
  const info = describe(model);
  const size = { vocabularySize: info.vocabularySize, ...roughSizeOf(source, info) };
  // Every worker has an instance of its own, with its rows.
  const { workers = 1, batchSize = workers } = settings;
  const ofOne = { ...settings, workers: 1, batchSize: Math.ceil(batchSize / workers) };
  const bytes = estimateMemory(pickFrom(MODEL_TABLE, info), ofOne, size);
  if (bytes > MOST_BYTES) {
    throw new MynahError(
      "out-of-memory",
      `The training would take about ${(bytes / 1e9).toFixed(1)} GB, and WebAssembly has 4.3 GB; a lower hiddenSize, batchSize or seqLength takes less`,
    );
  }
}
