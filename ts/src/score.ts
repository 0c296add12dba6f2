import type { ScoreChunk } from "./engine/engine-api.js";
import { asTextOptions } from "./insight.js";
import type { Jobs } from "./jobs.js";
import type { ScoreOptions } from "./options/insight-types.js";
import type { Alternative, Evaluation, ModelInfo, Score } from "./types.js";

const LN_2 = Math.LN2;
const NONE = new Uint32Array();
const NOTHING = new Float32Array();

/** {@link TextModel.score}, with what it needs of the model. */
export async function score(jobs: Jobs, info: ModelInfo, options: string | ScoreOptions): Promise<Score> {
  const { signal, text, ...settings }: ScoreOptions = asTextOptions("score", options);
  const { engine } = jobs;
  const gathered = new Gathering(info, (settings.alternatives ?? 0) > 0);
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
  /** Of a text, the first symbol is not foreseen; of a document it is, and so is its end. */
  readonly #unseen: number;
  readonly #vocabulary: readonly string[];
  readonly #chunks: ScoreChunk[] = [];
  readonly #alternatives: Alternative[][] | undefined;

  constructor({ hasBoundary, vocabulary }: ModelInfo, hasAlternatives: boolean) {
    this.#unseen = hasBoundary === true ? 0 : 1;
    this.#vocabulary = vocabulary;
    this.#alternatives = hasAlternatives ? Array.from({ length: this.#unseen }, () => []) : undefined;
  }

  add(chunk: ScoreChunk): void {
    // What is not told in the end is not kept.
    this.#chunks.push({ ...chunk, alternatives: NONE, alternativeProbabilities: NOTHING });
    if (this.#alternatives === undefined) return;
    const { alternatives, alternativeProbabilities, alternativesEach } = chunk;
    for (let from = 0; from < alternatives.length; from += alternativesEach) {
      const those = alternatives.subarray(from, from + alternativesEach);
      this.#alternatives.push(
        Array.from(those, (token, i) => ({
          symbol: this.#vocabulary[token] ?? "",
          token,
          probability: alternativeProbabilities[from + i] ?? 0,
        })),
      );
    }
  }

  score(result: Evaluation): Score {
    const length = this.#chunks.reduce((sum, { ranks }) => sum + ranks.length, this.#unseen);
    const logProbabilities = new Float32Array(length);
    const ranks = new Uint32Array(length);
    const entropies = new Float32Array(length);
    let at = this.#unseen;
    for (const chunk of this.#chunks) {
      logProbabilities.set(chunk.logProbabilities, at);
      ranks.set(chunk.ranks, at);
      entropies.set(chunk.entropies, at);
      at += chunk.ranks.length;
    }
    return {
      ...result,
      logProbabilities,
      // Not -0, where nothing was foreseen or nothing was surprising.
      bits: logProbabilities.map((logProbability) => 0 - logProbability / LN_2),
      ranks,
      entropies,
      ...(this.#alternatives === undefined ? {} : { alternatives: this.#alternatives }),
    };
  }
}
