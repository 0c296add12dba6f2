// A text and a list of documents have calls of their own in WebAssembly; these take either.
import { describe } from "./crossing.js";
import type { SourceSize } from "./engine-api.js";
import { sizeOfList } from "./source-size.js";
import type { ReadText } from "../corpora/read-text.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { MynahError } from "../errors.js";
import { EVALUATE_DEFAULTS } from "../options/defaults.js";
import type { EvaluateSettings } from "../options/insight-types.js";
import type { ModelOptions, TrainSettings } from "../options/types.js";
import { LEADER } from "../parallel/links.js";
import { Documents, Evaluation, Model, Text, Training } from "../wasm/glue.js";
import { toJson } from "../wasm/json.js";

/** A model of next to no size, for its tokenizer. */
const SMALLEST: ModelOptions = { cell: "rnn", hiddenSize: 1, embeddingSize: 1, tieWeights: false };

/**
 * A model with the vocabulary of a source.
 *
 * @param asked - what is asked for of its tokenizer, as JSON
 */
export function newModel(options: ModelOptions, asked: string, source: ResolvedSource): Model {
  const json = toJson(options);
  return read(
    source,
    (text) => Model.create(json, asked, text),
    (documents) => Model.createFromDocuments(json, asked, documents),
  );
}

/** How large a source is in the symbols of a model that would be made of it. */
export function sizeInSymbols(asked: string, source: ResolvedSource): SourceSize {
  const model = newModel(SMALLEST, asked, source);
  try {
    const { vocabularySize } = describe(model);
    const count = (text: string | ReadText): number => withText(text, (lent) => model.count(lent));
    if (source.documents === undefined) return { vocabularySize, symbols: count(source.text) };
    return { vocabularySize, ...sizeOfList(source.documents.map(count)) };
  } finally {
    model.free();
  }
}

/** Adds the symbols of a source that a model lacks. */
export function growModel(model: Model, source: ResolvedSource): void {
  read(
    source,
    (text) => model.grow(text),
    (documents) => model.growByDocuments(documents),
  );
}

/** A training run on a source, or the part of one of its workers. */
export function newTraining(
  model: Model,
  source: ResolvedSource,
  settings: TrainSettings,
  worker = LEADER,
): Training {
  const json = toJson(settings);
  return read(
    source,
    (text) => new Training(model, text, json, worker),
    (documents) => Training.ofDocuments(model, documents, json, worker),
  );
}

/**
 * The training run of a checkpoint, on the source that it had, or the part of one of its workers. The model becomes that of the
 * checkpoint.
 */
export function resumedTraining(
  model: Model,
  source: ResolvedSource,
  checkpoint: Uint8Array,
  worker = LEADER,
): Training {
  return read(
    source,
    (text) => Training.resume(model, text, checkpoint, worker),
    (documents) => Training.resumeDocuments(model, documents, checkpoint, worker),
  );
}

/** A reading of a source. */
export function newEvaluation(model: Model, source: ResolvedSource, settings: EvaluateSettings): Evaluation {
  const { streams = EVALUATE_DEFAULTS.streams, window, quantize = EVALUATE_DEFAULTS.quantize } = settings;
  const isInt8 = quantize === "int8";
  if (window !== undefined && (settings.streams !== undefined || source.documents !== undefined)) {
    throw new MynahError(
      "contradictory-options",
      "window is for a text, and excludes streams: windows are read side by side anyway",
    );
  }
  return read(
    source,
    (text) => new Evaluation(model, text, streams, window, isInt8),
    (documents) => Evaluation.ofDocuments(model, documents, isInt8),
  );
}

function read<Result>(
  source: ResolvedSource,
  ofText: (text: Text) => Result,
  ofDocuments: (documents: Documents) => Result,
): Result {
  if (source.documents === undefined) return withText(source.text, ofText);
  const documents = new Documents(toJson(source.documents), source.conditions);
  try {
    return ofDocuments(documents);
  } finally {
    documents.free();
  }
}

/** Lends WebAssembly a text. */
export function withText<Result>(text: string | ReadText, use: (text: Text) => Result): Result {
  const lent = typeof text === "string" ? Text.of(text) : ofPieces(text);
  try {
    return use(lent);
  } finally {
    lent.free();
  }
}

function ofPieces({ pieces }: ReadText): Text {
  const text = new Text(pieces.reduce((sum, piece) => sum + piece.length, 0));
  for (const piece of pieces) text.push(piece);
  return text;
}
