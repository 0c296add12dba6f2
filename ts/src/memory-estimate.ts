import { abortable } from "./abort.js";
import { stringsOf } from "./corpora/read-text.js";
import { resolveSource, type TextSource } from "./corpora/text-source.js";
import type { SourceSize } from "./engine/engine-api.js";
import { sizeOfList } from "./engine/source-size.js";
import { startEngine } from "./engine/start-engine.js";
import { MynahError } from "./errors.js";
import { checkOptions } from "./options/check.js";
import { PRESET_DEFAULT } from "./options/defaults.js";
import { MODEL_TABLE } from "./options/model-table.js";
import { presetModel } from "./options/presets.js";
import { pickFrom } from "./options/spec.js";
import { TRAIN_TABLE } from "./options/train-table.js";
import type { MemoryOptions } from "./options/types.js";
import { plannedTraining } from "./planned-training.js";

/**
 * How much memory a training will take, in bytes: the model, its gradient, the optimiser, the text and what a step works on. The
 * training takes it all at its beginning. JavaScript and the engine come on top of it.
 *
 * ```ts
 * await memoryEstimate({ cell: "lstm", hiddenSize: 2048, batchSize: 64, vocabularySize: 100, symbols: 1e6 });
 * ```
 *
 * @throws MynahError `empty-text`, `unknown-corpus`, `unsupported-engine`, or one of `unknown-option`, `invalid-option`,
 * `contradictory-options` and `missing-option`; on abort the signal's `reason`.
 */
export async function memoryEstimate(options: MemoryOptions): Promise<number> {
  checkOptions("memoryEstimate", options);
  const { worker, build, signal, preset = PRESET_DEFAULT } = options;
  const size = await abortable(signal, async () => sizeWanted(options, signal));
  const { engine, result } = await startEngine({ worker, build, signal }, async (started) => {
    const extent = { symbols: size.symbols, documents: size.documents?.count };
    const model = presetModel(preset, extent, pickFrom(MODEL_TABLE, options));
    const parameters = await started.parameterCount(model, size.vocabularySize);
    const given = { preset, ...pickFrom(TRAIN_TABLE, options) };
    const settings = plannedTraining(given, { ...model, parameters }, extent, worker !== false);
    return started.memoryEstimate(model, settings, size);
  });
  await engine.dispose();
  return result;
}

/** Either a source, or how large it is. */
function sizeWanted(
  options: MemoryOptions,
  signal: AbortSignal | undefined,
): Promise<SourceSize> | SourceSize {
  const { vocabularySize, symbols } = options;
  if (vocabularySize === undefined && symbols === undefined) return sizeOf(options as TextSource, signal);
  for (const name of ["text", "corpus", "documents"] as const) {
    if (options[name] === undefined) continue;
    const given = vocabularySize === undefined ? "symbols" : "vocabularySize";
    throw new MynahError(
      "contradictory-options",
      `${name} and ${given} exclude each other: the size of a source is found out`,
    );
  }
  if (vocabularySize !== undefined && symbols !== undefined) return { vocabularySize, symbols };
  const [missing, given] =
    symbols === undefined ? ["symbols", "vocabularySize"] : ["vocabularySize", "symbols"];
  throw new MynahError("missing-option", `${missing} is missing, which goes with ${given}`);
}

/** @throws MynahError `empty-text` where there is nothing to learn, as a training does. */
async function sizeOf(options: TextSource, signal: AbortSignal | undefined): Promise<SourceSize> {
  const source = await resolveSource(options, signal);
  const different = new Set<string>();
  const lengths: number[] = [];
  for (const text of source.documents ?? stringsOf(source.text)) {
    let symbols = 0;
    for (const symbol of text) {
      different.add(symbol);
      symbols += 1;
    }
    lengths.push(symbols);
  }
  if (different.size === 0) throw new MynahError("empty-text", "the text to learn is empty");
  // Besides there is one symbol for all others, and with documents the boundary.
  if (source.documents === undefined) {
    const symbols = lengths.reduce((sum, length) => sum + length, 0);
    return { vocabularySize: different.size + 1, symbols };
  }
  return { vocabularySize: different.size + 2, ...sizeOfList(lengths) };
}
