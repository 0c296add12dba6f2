import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import { MODEL_TABLE } from "../options/model-table.js";
import { pickFrom } from "../options/spec.js";
import type { TrainSettings } from "../options/types.js";
import type { ModelInfo } from "../types.js";
import { memoryEstimate, type Model } from "../wasm/glue.js";
import { callWasm } from "../wasm/instance.js";
import { toJson } from "../wasm/json.js";

/** What 32 bits can address, in bytes: no WebAssembly instance has more. */
const MOST_BYTES = 2 ** 32;

/**
 * Refuses a training that no WebAssembly instance has the memory for, before any is taken.
 *
 * @throws MynahError `out-of-memory`.
 */
export function refuseWhatCannotFit(model: Model, settings: TrainSettings, source: ResolvedSource): void {
  const info = JSON.parse(callWasm(() => model.describe())) as ModelInfo;
  const options = toJson(pickFrom(MODEL_TABLE, info));
  const bytes = callWasm(() =>
    memoryEstimate(options, toJson(settings), info.vocabularySize, countUnits(source)),
  );
  if (bytes > MOST_BYTES) {
    throw new MynahError(
      "out-of-memory",
      `The training would take about ${(bytes / 1e9).toFixed(1)} GB, and WebAssembly has 4.3 GB; a lower hiddenSize, batchSize or seqLength takes less`,
    );
  }
}

/** UTF-16 units, hardly more than symbols, and known without counting. */
function countUnits(source: ResolvedSource): number {
  if (source.documents === undefined) return source.text.length;
  // With the boundary that ends each.
  return source.documents.reduce((units, { length }) => units + length + 1, 0);
}
