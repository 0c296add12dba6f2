import { abortable } from "./abort.js";
import { stringsOf } from "./corpora/read-text.js";
import { resolveSource, type ResolvedSource, type TextSource } from "./corpora/text-source.js";
import type { SourceSize } from "./engine/engine-api.js";
import { roughSizeOf, sizeOfList } from "./engine/source-size.js";
import { startEngine } from "./engine/start-engine.js";
import { MynahError } from "./errors.js";
import { checkOptions } from "./options/check.js";
import { PRESET_DEFAULT } from "./options/defaults.js";
import { MODEL_TABLE } from "./options/model-table.js";
import { presetModel } from "./options/presets.js";
import { pickFrom } from "./options/spec.js";
import { TOKENIZER_TABLE } from "./options/tokenizer-table.js";
import { TRAIN_TABLE } from "./options/train-table.js";
import type { MemoryOptions, TrainSettings } from "./options/types.js";
import { plannedTraining } from "./planned-training.js";
import { resolveTokenizer } from "./tokenizer/resolve.js";
import type { TokenizerSettings } from "./tokenizer/settings.js";
import type { Build, ModelInfo } from "./types.js";
import { WorkerEngine } from "./worker/worker-engine.js";

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
  const source = await abortable(signal, async () => sourceWanted(options, signal));
  const tokenizer = await resolveTokenizer(source === undefined ? {} : pickFrom(TOKENIZER_TABLE, options));
  const { engine, result } = await startEngine({ worker, build, signal }, async (started) => {
    const size =
      source === undefined
        ? said(options)
        : isPlain(tokenizer)
          ? sizeInCharacters(source)
          : await started.sizeInSymbols(source, tokenizer);
    const extent = { symbols: size.symbols, documents: size.documents?.count };
    const model = presetModel(preset, extent, pickFrom(MODEL_TABLE, options));
    const parameters = await started.parameterCount(model, size.vocabularySize);
    const given = { preset, ...pickFrom(TRAIN_TABLE, options) };
    const settings = plannedTraining(
      given,
      { ...model, parameters },
      extent,
      started instanceof WorkerEngine,
    );
    return started.memoryEstimate(model, settings, size);
  });
  await engine.dispose();
  return result;
}

/**
 * What a training of a model that there is will take, in bytes, by how large its source is about. Nothing is learnt of that for it, so
 * that this thread has next to nothing to do.
 */
export async function memoryOfTraining(
  info: ModelInfo,
  settings: TrainSettings,
  source: ResolvedSource,
  build: Build,
): Promise<number> {
  const size = { vocabularySize: info.vocabularySize, ...roughSizeOf(source, info) };
  const { engine, result } = await startEngine({ worker: false, build }, (started) =>
    started.memoryEstimate(pickFrom(MODEL_TABLE, info), settings, size),
  );
  await engine.dispose();
  return result;
}

/** The source; `undefined` where it is said how large it is. */
function sourceWanted(
  options: MemoryOptions,
  signal: AbortSignal | undefined,
): Promise<ResolvedSource> | undefined {
  const { vocabularySize, symbols, tokenizer } = options;
  const isSizeOfTokenizer = vocabularySize !== undefined && tokenizer !== undefined;
  if (symbols === undefined && (vocabularySize === undefined || isSizeOfTokenizer)) {
    return resolveSource(options as TextSource, signal);
  }
  for (const name of ["text", "corpus", "documents"] as const) {
    if (options[name] === undefined) continue;
    const given = vocabularySize === undefined ? "symbols" : "vocabularySize";
    throw new MynahError(
      "contradictory-options",
      `${name} and ${given} exclude each other: the size of a source is found out`,
    );
  }
  if (vocabularySize !== undefined && symbols !== undefined) return undefined;
  const [missing, given] =
    symbols === undefined ? ["symbols", "vocabularySize"] : ["vocabularySize", "symbols"];
  throw new MynahError("missing-option", `${missing} is missing, which goes with ${given}`);
}

/** The size that is said, where there is no source. */
function said({ vocabularySize = 0, symbols = 0 }: MemoryOptions): SourceSize {
  return { vocabularySize, symbols };
}

/** Whether the symbols are the characters of the text, which are counted sooner here. */
function isPlain({ kind, vocabularySize, normalization, caseFolding }: TokenizerSettings): boolean {
  return kind === "characters" && vocabularySize === undefined && normalization === "none" && !caseFolding;
}

/** @throws MynahError `empty-text` where there is nothing to learn, as a training does. */
function sizeInCharacters(source: ResolvedSource): SourceSize {
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
