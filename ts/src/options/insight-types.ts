import type { ConditionedSource, TextSource } from "../corpora/text-source.js";
import type { Abortable, PlaceOptions } from "./types.js";

/** How to evaluate. */
export interface EvaluateSettings {
  /**
   * Parts of the text read side by side. 1 (default) is one exact pass; more are faster, and all but exact: each part starts
   * with the memory of a few symbols before it instead of the whole text before it.
   */
  streams?: number | undefined;
  /**
   * Reads the text in windows of so many symbols that know nothing of each other, as the losses of transformers are often measured;
   * by default the model remembers all that came before. Neither of documents nor together with `streams`.
   */
  window?: number | undefined;
  /** `"int8"` measures the model with its weights rounded to 8 bits, as `model.sample` can write with. Default `"none"`. */
  quantize?: "none" | "int8" | undefined;
}

/** Options of `model.evaluate`. */
export type EvaluateOptions = ConditionedSource & EvaluateSettings & Abortable;

/** How to score a text. */
export interface ScoreSettings extends ConditionSettings {
  /**
   * So many of the most likely symbols are told at every place, from 0 (default) to 1,000: objects, of which a long text has very many.
   */
  alternatives?: number | undefined;
  /** `"int8"` scores with the weights rounded to 8 bits. Default `"none"`. */
  quantize?: "none" | "int8" | undefined;
}

/** Options of `model.score`. */
export interface ScoreOptions extends ScoreSettings, Abortable {
  /** The text; of a model that was created from documents, one whole document. */
  text: string;
}

/** What a text depends on. */
export interface ConditionSettings {
  /** The vector that the text depends on: `conditionSize` numbers. Of a model that was created with conditions, and needed there. */
  condition?: Float32Array | undefined;
}

/** Options of `model.activations`. */
export interface ActivationsOptions extends ConditionSettings, Abortable {
  /** The text; of a model that was created from documents, one whole document. */
  text: string;
}

/** Whose gradient to look at. */
export interface InputGradientSettings extends ConditionSettings {
  /** The loss of the `"last"` symbol (default), or the mean loss of `"all"`. */
  of?: "last" | "all" | undefined;
}

/** Options of `model.inputGradient`. */
export interface InputGradientOptions extends InputGradientSettings, Abortable {
  /** The text, of 2 to 2,048 symbols; of a model that was created from documents, the beginning of one. */
  text: string;
}

/** How to look at the gradient. */
export interface GradientSettings {
  /** Windows that are averaged over; fewer when the text is short. Default 32. */
  batchSize?: number | undefined;
  /** Symbols that the gradient goes back. Default 64. */
  seqLength?: number | undefined;
}

/** Options of `model.gradientFlow`. */
export type GradientOptions = TextSource & GradientSettings & Abortable;

/** How to make a vector of a text. */
export interface EmbedSettings extends ConditionSettings {
  /**
   * What of the hidden states becomes the vector: their `"mean"` over all symbols (default), as in most embeddings of sentences, or the
   * `"last"` one, which knows the end of the text best.
   */
  pooling?: "mean" | "last" | undefined;
}

/** Options of `model.embed`. */
export interface EmbedOptions extends EmbedSettings, Abortable {
  /** The text; of a model that was created from documents, one whole document. */
  text: string;
}

/** How to look for what was copied. */
export interface OverlapSettings {
  /** Symbols of a run, at least: shorter ones are in every text of the language. From 1. Default 20. */
  minLength?: number | undefined;
}

/** Options of `overlap`. */
export type OverlapOptions = OverlapSettings & Pick<PlaceOptions, "worker"> & Abortable;
