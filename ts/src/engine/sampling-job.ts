import { Novelty } from "./novelty.js";
import { CHUNK_MILLISECONDS, SAMPLE_CHUNK_MILLISECONDS, workFor } from "./slice.js";
import type { SampleChunk, WritingSettings } from "./engine-api.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import { SAMPLE_DEFAULTS } from "../options/defaults.js";
import type { SampleSettings } from "../options/types.js";
import { callWasm } from "../wasm/instance.js";
import { Sampler, type Model } from "../wasm/glue.js";
import { toJson } from "../wasm/json.js";

// Symbols of one text per call into WebAssembly. Of several texts it is one of each, which takes as long as many of one.
const SYMBOLS_PER_CALL = 4;

// Texts written in search of new ones, for each that is wanted, and at least: a model that has learnt a list of names by heart
// writes few others, and would be asked for ever.
const TRIES_PER_TEXT = 10;
const LEAST_TRIES = 1000;

/** One text being written, or several side by side. */
export class SamplingJob {
  readonly #sampler: Sampler;
  /** Texts to hand out when they are whole; `undefined` for a single one that is handed out as it is written. */
  readonly #count: number | undefined;
  /** Texts that may be written for these. */
  readonly #tries: number;
  readonly #novelty: Novelty | undefined;
  readonly #isSearch: boolean;
  #handedOut = 0;

  /**
   * @param corpus - texts that stand in it are left out
   * @throws MynahError for options that the model refuses.
   */
  constructor(model: Model, settings: WritingSettings, corpus?: ResolvedSource) {
    const { unique = false, ...others } = settings;
    const { count, prompt = "", beamWidth = SAMPLE_DEFAULTS.beamWidth } = settings;
    this.#count = count;
    this.#novelty =
      unique || corpus !== undefined ? new Novelty({ prompt, isUnique: unique, corpus }) : undefined;
    this.#isSearch = beamWidth > 1;
    const wanted = count ?? 1;
    this.#tries = this.#novelty === undefined ? wanted : this.#mostTries(wanted, beamWidth);
    const options = { ...forWasm(others), spare: this.#tries - wanted };
    this.#sampler = callWasm(() => new Sampler(model, toJson(options)));
  }

  /**
   * Writes on for a slice.
   *
   * @throws MynahError `no-new-text` when all that may be tried is written, and too few of it are new.
   */
  advance(model: Model): SampleChunk {
    if (this.#count !== undefined) return this.#wholeTexts(model, this.#count);
    return { texts: this.#piece(model), finished: this.#sampler.finished };
  }

  free(): void {
    this.#sampler.free();
  }

  /** A search finds no more texts than it has beams. */
  #mostTries(wanted: number, beamWidth: number): number {
    if (this.#isSearch) return Math.max(wanted, beamWidth);
    return Math.max(TRIES_PER_TEXT * wanted, LEAST_TRIES);
  }

  #piece(model: Model): string[] {
    let piece = "";
    workFor(SAMPLE_CHUNK_MILLISECONDS, () => {
      piece += callWasm(() => this.#sampler.next(model, SYMBOLS_PER_CALL));
      return !this.#sampler.finished;
    });
    return piece === "" ? [] : [piece];
  }

  #wholeTexts(model: Model, count: number): SampleChunk {
    const texts: string[] = [];
    const isFinished = (): boolean => this.#handedOut + texts.length === count;
    workFor(CHUNK_MILLISECONDS, () => {
      callWasm(() => this.#sampler.advance(model, 1));
      this.#takeNew(texts, isFinished);
      return !this.#sampler.finished && !isFinished();
    });
    this.#handedOut += texts.length;
    // A search hands out all that it has found at once, of which there may be less than was asked for.
    const hasFoundAll = this.#isSearch && this.#novelty === undefined && this.#sampler.finished;
    const finished = this.#handedOut === count || hasFoundAll;
    if (this.#sampler.finished && !finished && texts.length === 0) throw this.#noNewText(count);
    return { texts, finished };
  }

  /** Appends the whole texts that are there, but for those that are not new. */
  #takeNew(texts: string[], isFinished: () => boolean): void {
    while (!isFinished()) {
      const text = callWasm(() => this.#sampler.take());
      if (text === undefined) return;
      if (this.#novelty?.isNew(text) ?? true) texts.push(text);
    }
  }

  #noNewText(count: number): MynahError {
    const [found, advice] = this.#isSearch
      ? [`${this.#tries} were searched for`, "ask for fewer, or search with a larger beamWidth"]
      : [`${this.#tries} were written`, 'ask for fewer, or write more boldly, with a higher "temperature"'];
    const rest = "what they hold besides came before or stands in notInCorpus";
    return new MynahError(
      "no-new-text",
      `only ${this.#handedOut} of ${count} texts are new: ${found}, and ${rest}; ${advice}`,
    );
  }
}

/** The options of a sample as Rust has them: lists where there may be one. */
export function forWasm({ stop = [], logitBias = {}, ...others }: SampleSettings): object {
  return {
    ...others,
    stop: typeof stop === "string" ? [stop] : stop,
    biasSymbols: Object.keys(logitBias),
    logitBias: Object.values(logitBias),
  };
}
