import type { ScoreChunk } from "./engine/engine-api.js";
import { asTextOptions } from "./insight.js";
import type { Jobs } from "./jobs.js";
import type { ScoreOptions } from "./options/insight-types.js";
import type { Alternative, Evaluation, ModelInfo, Score } from "./types.js";

const LN_2 = Math.LN2;

/** {@link TextModel.score}, with what it needs of the model. */
export async function score(jobs: Jobs, info: ModelInfo, options: string | ScoreOptions): Promise<Score> {
  const { signal, text, ...settings }: ScoreOptions = asTextOptions("score", options);
  const { engine } = jobs;
  const gathered = new Gathering(text, info, (settings.alternatives ?? 0) > 0);
  const result = await jobs.run(
    signal,
    (job) => engine.openScoring(job, text, settings),
    async (job) => {
      const chunk = await engine.scoreChunk(job);
      gathered.add(chunk);
      return chunk.result;
    },
  );
  return gathered.score(result);
}

/** The slices of a score, put together. */
class Gathering {
  readonly #logProbabilities: Float32Array;
  readonly #ranks: Uint32Array;
  readonly #entropies: Float32Array;
  readonly #alternatives: Alternative[][] | undefined;
  readonly #symbols: readonly string[];
  #at: number;

  constructor(text: string, info: ModelInfo, hasAlternatives: boolean) {
    const isDocument = info.hasBoundary === true;
    // Of a document its end is foreseen, too; of a text the first symbol is not.
    const length = countSymbols(text) + (isDocument ? 1 : 0);
    this.#at = isDocument ? 0 : 1;
    this.#logProbabilities = new Float32Array(length);
    this.#ranks = new Uint32Array(length);
    this.#entropies = new Float32Array(length);
    this.#alternatives = hasAlternatives ? (isDocument ? [] : [[]]) : undefined;
    this.#symbols = symbolsByToken(info);
  }

  add(chunk: ScoreChunk): void {
    this.#logProbabilities.set(chunk.logProbabilities, this.#at);
    this.#ranks.set(chunk.ranks, this.#at);
    this.#entropies.set(chunk.entropies, this.#at);
    this.#at += chunk.ranks.length;
    if (this.#alternatives === undefined) return;
    const { alternatives, alternativeProbabilities, alternativesEach } = chunk;
    for (let from = 0; from < alternatives.length; from += alternativesEach) {
      const those = alternatives.subarray(from, from + alternativesEach);
      this.#alternatives.push(
        Array.from(those, (token, i) => ({
          symbol: this.#symbols[token] ?? "",
          probability: alternativeProbabilities[from + i] ?? 0,
        })),
      );
    }
  }

  score(result: Evaluation): Score {
    return {
      ...result,
      logProbabilities: this.#logProbabilities,
      // Not -0, where nothing was foreseen or nothing was surprising.
      bits: this.#logProbabilities.map((logProbability) => 0 - logProbability / LN_2),
      ranks: this.#ranks,
      entropies: this.#entropies,
      ...(this.#alternatives === undefined ? {} : { alternatives: this.#alternatives }),
    };
  }
}

function countSymbols(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** What each token stands for: the unknown symbol for U+FFFD, the end of a document for nothing. */
function symbolsByToken({ hasUnknown, hasBoundary = false, symbols }: ModelInfo): readonly string[] {
  return [...(hasUnknown ? ["\uFFFD"] : []), ...(hasBoundary ? [""] : []), ...symbols];
}
