import type { MynahError } from "./errors.js";
import type { Diagnosis } from "./diagnosis/diagnose.js";
import type { Normalization, TokenizerKind } from "./options/tokenizer-types.js";
import type { ModelOptions } from "./options/types.js";

/** The two WebAssembly builds: `simd128` gives the same bits on every machine, `relaxed` is faster where the engine has it. */
export type Build = "simd128" | "relaxed";

/** The options that a model was created with, where they apply to it. */
type AppliedOptions = Readonly<
  Omit<ModelOptions, "cell" | "hiddenSize" | "numLayers" | "embeddingSize" | "seed">
>;

/** What a model is made of. Fixed when it is created or loaded; training changes only the weights. */
export interface ModelInfo extends AppliedOptions {
  readonly cell: NonNullable<ModelOptions["cell"]>;
  /** Units per layer; a list where the layers differ. */
  readonly hiddenSize: number | readonly number[];
  readonly numLayers: number;
  readonly embeddingSize: number;
  /** What texts are cut into. */
  readonly tokenizer: TokenizerKind;
  /** The form of Unicode that every text is brought to before. */
  readonly normalization: Normalization;
  /** Whether all letters are made small before. */
  readonly caseFolding: boolean;
  /** Number of symbols, with the unknown symbol and the boundary between documents if there are such. */
  readonly vocabularySize: number;
  /**
   * What each symbol stands for, by its number: U+FFFD for the unknown one and for parts of characters, nothing for the boundary. The number
   * is the `token` of {@link Encoding} and of {@link Alternative}.
   */
  readonly vocabulary: readonly string[];
  /**
   * Whether there is an unknown symbol, as which all others are read, followed by their bytes. Vocabularies of bytes need none; of others
   * only files of other programs may lack it.
   */
  readonly hasUnknown: boolean;
  /** Whether the model was created from documents, and knows where one begins and ends. */
  readonly hasBoundary?: boolean;
  /** The characters the model knows, as one string, without the unknown symbol; empty of bytes, of which all characters are made. */
  readonly symbols: string;
  /** Number of trained numbers. */
  readonly parameters: number;
  /** Size of the parameters, in bytes. */
  readonly bytes: number;
  /** Version of the model file's format. */
  readonly formatVersion: string;
  /** The tensors under their names in the model file. */
  readonly tensors: readonly TensorInfo[];
}

/** One tensor of the model file. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a training run is laid out over its text. */
export interface TrainingPlan {
  /** Streams trained side by side: the option, or fewer when the text is short. */
  readonly batchSize: number;
  /** Symbols per stream and step. */
  readonly seqLength: number;
  /** Symbols trained on. */
  readonly trainTokens: number;
  /** Symbols held out at the end of the text. */
  readonly validationTokens: number;
  /** Steps in one pass over the text. */
  readonly windowsPerEpoch: number;
  /** Symbols seen by one step: `batchSize * seqLength`; of documents, whose windows are not all full, on average, rounded. */
  readonly tokensPerStep: number;
  /** Workers that share every step. */
  readonly workers: number;
  /** Steps of the whole run; `null` when the budget is in seconds. */
  readonly totalSteps: number | null;
  /** The budget when it is in seconds, else `null`. */
  readonly seconds: number | null;
  /** Steps between validations where that was said, else `null`. */
  readonly evaluateEvery: number | null;
}

/** A step that would have ruined the model, and was undone. */
export interface Rollback {
  /** What was no finite number. */
  readonly reason: "loss" | "gradient norm" | "weights";
  /** The step that was undone. */
  readonly step: number;
  /** What the learning rate is multiplied by from there on: 0.5, then 0.25, and so on. */
  readonly learningRateFactor: number;
}

/** What came of a save during a run. */
export interface AutosaveReport {
  /** Size of the file that was saved, in bytes. */
  readonly bytes?: number;
  /** Why nothing was saved: `storage-full`, `storage-unavailable` or `unwritable-output`, for instance. What was saved before is still there. */
  readonly error?: MynahError;
  /** The path of the finished model that was in the file before: where that is kept until the run ends. */
  readonly previous?: string;
}

/** Where a training run is. One is given out about every 50 ms of work, and covers the optimiser steps since the one before. */
export interface TrainStep {
  /** Optimiser steps done. */
  readonly step: number;
  /** Optimiser steps in the whole run; absent when the budget is in seconds. */
  readonly totalSteps?: number;
  /** Passes over the text done, in fractions. */
  readonly epoch: number;
  /** Mean over the steps since the last one given out, in nats per symbol. */
  readonly loss: number;
  /**
   * `loss / (ln 2 * bytes per symbol)`, with the UTF-8 bytes that a symbol of the whole source takes on average, the end of a document, which
   * is a symbol of no bytes, included: what `bitsPerByte` of an {@link Evaluation} is of its text. Compares across vocabularies.
   */
  readonly bitsPerByte: number;
  /**
   * Share of the symbols that were foreseen in the steps since the last one given out for which the model held the right one for the most
   * likely; with what is dropped in training dropped. Absent where none of these steps came to a loss.
   */
  readonly accuracy?: number;
  /** Over the held-out text, in nats per symbol, when it was measured after this step. The last one is exact. */
  readonly validationLoss?: number;
  /** With a `validationLoss`: the same in bits per byte of the held-out text. */
  readonly validationBitsPerByte?: number;
  /** With a `validationLoss`: share of the held-out symbols that the model held for the most likely ones. */
  readonly validationAccuracy?: number;
  /** With a `validationLoss` during the run: whether it is the lowest so far. */
  readonly isBest?: boolean;
  /** A step that was undone since the last one given out; the run goes on from the one before with a lower learning rate. */
  readonly rollback?: Rollback;
  /** What the model writes after this step, where `samples` asked for it. */
  readonly sample?: string;
  /** What came of saving the run after this step, where `autosave` asked for it; with the first step told, if the place is no good. */
  readonly autosave?: AutosaveReport;
  /** Set at the last step of a run that `earlyStopping` ended. */
  readonly stoppedEarly?: true;
  /** Symbols seen since the run began, or was resumed. */
  readonly tokens: number;
  /** Symbols per second of training, averaged over that time; validations, samples, pauses, rests and waits for the reader not counted. */
  readonly tokensPerSecond: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** Global norm of the last step's gradient, before clipping. */
  readonly gradientNorm: number;
  /** Wall-clock time since the run began, or was resumed, in seconds, without pauses. */
  readonly elapsedSeconds: number;
  /** Expected time until the last step, in seconds, without pauses. */
  readonly remainingSeconds: number;
  /** Share of the budget used, from 0; 1 at the last step, and only then. */
  readonly fractionDone: number;
}

/** What a whole training run came to, or one that was left so far. */
export interface TrainResult {
  /** Optimiser steps done. */
  readonly steps: number;
  /** Of a run that was resumed: how many of them were done before. */
  readonly resumedAt?: number;
  /** Passes over the text done, in fractions. */
  readonly epochs: number;
  /** Mean over the last steps (100 at most), in nats per symbol; `NaN` of a run that was resumed after its last step. */
  readonly loss: number;
  /**
   * Over the whole held-out text with the weights that the model has at the end, in nats per symbol; of a run that was left, the last
   * one measured. Absent when nothing was held out, or measured yet.
   */
  readonly validationLoss?: number;
  /** The step whose weights the model has, when `keepBest` has brought back those of an earlier one. */
  readonly bestStep?: number;
  /** Whether `earlyStopping` ended the run. */
  readonly stoppedEarly?: true;
  /** Steps that were undone because the loss or the gradient was no longer a number. */
  readonly rollbacks: number;
  /** Symbols seen since the run began, or was resumed. */
  readonly tokens: number;
  /** Symbols per second of training, as a step has it. */
  readonly tokensPerSecond: number;
  /** Wall-clock time since the run began, or was resumed, in seconds, without pauses. */
  readonly seconds: number;
  readonly plan: TrainingPlan;
  /** What the course of the run says about it: of one that was left, what it said by then. */
  readonly diagnosis?: Diagnosis;
  /** What the last save that was told came to, where `autosave` asked for saves: of a run that has come to its end, that of the model. */
  readonly autosave?: AutosaveReport;
}

/** What may come next in a session. */
export interface Completion {
  /** A symbol, or the rest of a word; empty where the document may end. Parts of characters are not listed. */
  readonly text: string;
  /** That it comes next, from 0 to 1. */
  readonly probability: number;
}

/** How well a model foresees a text. */
export interface Evaluation {
  /** Mean cross-entropy, in nats per symbol. */
  readonly loss: number;
  /** `exp(loss)`: between how many symbols the model hesitates, on average; `Number.MAX_VALUE` where it is beyond that. */
  readonly perplexity: number;
  /** `loss * tokens / (ln 2 * UTF-8 bytes)`: compares across vocabularies. */
  readonly bitsPerByte: number;
  /** Share of symbols that the model held for the most likely one. */
  readonly accuracy: number;
  /** Symbols predicted. */
  readonly tokens: number;
}

/** A text in symbols. */
export interface Encoding {
  /** Their numbers. */
  readonly tokens: Uint32Array;
  /**
   * What each of them adds to the text: together they are the text, as `normalization` and `caseFolding` leave it. Of several symbols that
   * make one character only together, the last one has all of it, and the others are empty.
   */
  readonly symbols: readonly string[];
}

/**
 * What a model thought of every symbol of a text. All lists have one entry for each symbol (`model.encode` tells what they are; of
 * characters that the model knows they are those of `Array.from(text)`), of a document one more for its end. The first symbol of a text is
 * only read: it has 0 everywhere, which adds nothing to sums.
 */
export interface Score extends Evaluation {
  /** Natural logarithm of the probability that the model gave the symbol. */
  readonly logProbabilities: Float32Array;
  /** The same in bits, from 0 upwards: how surprised the model was. */
  readonly bits: Float32Array;
  /** 1 where the model held the symbol for the most likely one, 2 where for the second, and so on. */
  readonly ranks: Uint32Array;
  /** How unsure the model was before the symbol, in nats: 0 where it knew, `Math.log(vocabularySize)` where it had no idea. */
  readonly entropies: Float32Array;
  /** The most likely symbols in each place, the likeliest first, where they were asked for. */
  readonly alternatives?: readonly (readonly Alternative[])[];
}

/** What a text has in common with a corpus, word for word. */
export interface Overlap {
  /** The longest parts of the text that stand in the corpus, the longest first: none is part of a longer one, but they may overlap. */
  readonly runs: readonly OverlapRun[];
  /** Symbols (Unicode scalar values) of the text. */
  readonly symbols: number;
  /** Symbols of the text that are in any of the runs. */
  readonly covered: number;
  /** `covered / symbols`: the share of the text that is copied, from 0 to 1. */
  readonly share: number;
}

/** A part of a text that stands in a corpus, too. Places and length are in UTF-16 units: `sample.slice(at, at + length)` is the part. */
export interface OverlapRun {
  readonly text: string;
  /** Where it begins in the text. */
  readonly at: number;
  readonly length: number;
  /** Where it first begins in the corpus, or in the document. */
  readonly inCorpusAt: number;
  /** Of documents: the number of the one, from 0, where that is. */
  readonly document?: number;
}

/** A symbol that could have come. */
export interface Alternative {
  /** As in the model's `vocabulary`: U+FFFD for the unknown symbol and for a part of a character; empty for the end of a document. */
  readonly symbol: string;
  /** Its number, which tells those apart that look alike: `symbol` is `info.vocabulary[token]`. */
  readonly token: number;
  readonly probability: number;
}

/** What went on inside a model while it read a text. */
export interface Activations {
  /** Its recurrent layers, from the first one to the last. */
  readonly layers: readonly LayerActivations[];
}

/** {@link Activations} of one layer: matrices with a row for each of T symbols, one row after the other. */
export interface LayerActivations {
  /** H */
  readonly hiddenSize: number;
  /** [T, H]: the hidden state after each symbol. */
  readonly hidden: Float32Array;
  /** [T, H]: of an lstm the cell state after each symbol. */
  readonly cell?: Float32Array;
  /**
   * Of an lstm `["input", "forget", "candidate", "output"]`, of a gru `["reset", "update", "candidate"]`, of a min-gru
   * `["update", "candidate"]`, of a min-lstm `["forget", "input", "candidate"]`, of an rnn none.
   */
  readonly gateNames: readonly string[];
  /** [T, G · H]: what each gate was at each symbol, in each row gate after gate, in the order of their names. */
  readonly gates: Float32Array;
}

/** How much each symbol of a text matters for what is foreseen. */
export interface InputGradient {
  /** Norm of the gradient of the loss with respect to each symbol's vector; 0 of the last one, which is only foreseen. */
  readonly norms: Float32Array;
  /** That loss, in nats. */
  readonly loss: number;
}

/** How the gradient of a text's last symbol fades, or grows, on its way back through a model. */
export interface GradientFlow {
  /** From the first layer to the last. */
  readonly layers: readonly LayerGradientFlow[];
}

/** {@link GradientFlow} in one layer. */
export interface LayerGradientFlow {
  /**
   * Norm of the gradient with respect to the hidden state, by time lag: at the last symbol, at the one before it, and so on;
   * `Number.MAX_VALUE` where it has grown out of the range of float32.
   */
  readonly norms: readonly number[];
  /**
   * Share of gates that are nearly shut, up to 0.1, and nearly open, from 0.9 on: there, next to no gradient reaches what they are
   * made of. Of an rnn the share of states: with tanh up to -0.9 and from 0.9 on, with relu those that are 0 (`high` is 0).
   */
  readonly saturation: { readonly low: number; readonly high: number };
}
