import type { TokenizerOptions } from "./tokenizer-types.js";
import type { ConditionedSource, TextSource } from "../corpora/text-source.js";
import type { AutosaveOptions } from "../storage/options.js";
import type { Build, TrainStep } from "../types.js";

/** Stops the call: it rejects with the signal's `reason`, and the model stays as of the last finished step. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

/** Where the work runs, and with which WebAssembly build. */
export interface PlaceOptions {
  /**
   * `true` runs in a worker of its own; `false` in this thread, in slices of about 50 ms. Where nothing is said, it is a worker, unless
   * none can be started, of which a warning on the console tells once, and `model.hasWorker`. What cannot be cut into
   * slices: one training step, which a large model makes long, the reading of the text before the first one, the making of a model,
   * `gradientFlow` and `saveCheckpoint`.
   *
   * Models made with `worker: false` share one WebAssembly instance: should it ever crash, all of them are lost,
   * and all of them use the build that the first one chose.
   */
  worker?: boolean | undefined;
  /**
   * `"auto"` (default) takes `"relaxed"` where the engine has relaxed SIMD, else `"simd128"`.
   * `"simd128"` gives the same bits on every machine and engine.
   */
  build?: "auto" | Build | undefined;
}

/**
 * The architecture of a new model. Sizes are whole numbers. What does not go together, such as `numHeads` without a transformer, is
 * refused as `contradictory-options`.
 */
export interface ModelOptions {
  /**
   * What the layers are made of: `"rnn"`, `"gru"` and `"lstm"` (default) are the classic recurrent cells, `"min-gru"` and `"min-lstm"`
   * their lean relatives whose gates do not see the state, and `"transformer"` attends to the last {@link contextLength} symbols
   * instead of keeping a state.
   */
  cell?: "rnn" | "gru" | "lstm" | "min-gru" | "min-lstm" | "transformer" | undefined;
  /** Only for `cell: "rnn"`. Default `"tanh"`. */
  activation?: "tanh" | "relu" | undefined;
  /** Only for `cell: "gru"`: whether the reset gate acts after the matrix product, as in PyTorch and Keras. Default `true`. */
  resetAfter?: boolean | undefined;
  /** Units per layer; a list gives each layer of a plain stack its own. Default: by the preset. */
  hiddenSize?: number | readonly number[] | undefined;
  /** Layers on top of each other. Default 1, or the length of `hiddenSize`. */
  numLayers?: number | undefined;
  /** Numbers that stand for one symbol. Default 128; in blocks and in a transformer always the hidden size. */
  embeddingSize?: number | undefined;
  /** Whether every layer from the second on adds its input to its output; their sizes must agree. Default `false`. */
  residual?: boolean | undefined;
  /** Layer normalisation within the cell, of an rnn, gru or lstm. Default `false`. */
  layerNorm?: boolean | undefined;
  /** Each recurrent cell in a block: normalisation, causal convolution, cell, MLP, each added to what it reads. Default `false`. */
  block?: boolean | undefined;
  /** Units of the cell in a block, as a multiple of `hiddenSize`. Default 1.5. */
  expansion?: number | undefined;
  /** Units within the MLP of a block or a transformer, as a multiple of `hiddenSize`. Default 2 and 4. */
  mlpFactor?: number | undefined;
  /** Attention heads of a transformer; they divide `hiddenSize` among them. Default 4. */
  numHeads?: number | undefined;
  /** Symbols that a transformer looks back. Default 256. Recurrent cells know no such limit. */
  contextLength?: number | undefined;
  /** Whether the output's weights are those of the embedding. Default: from 500 symbols on. */
  tieWeights?: boolean | undefined;
  /** Numbers between the last layer and the output, which make a large output cheaper. Default: none. */
  projectionSize?: number | undefined;
  /** Reads from both ends. Such a model evaluates and fills in blanks (`model.fill`), and cannot write. Default `false`. */
  bidirectional?: boolean | undefined;
  /** Share of units that keep their state at a step of training, from 0 to 0.9. Default 0. */
  zoneout?: number | undefined;
  /** The same of an lstm's cell state. Default 0. */
  zoneoutCell?: number | undefined;
  /** Learns the state that a text begins with, instead of zeros. Default `false`. */
  trainInitialState?: boolean | undefined;
  /** Length of the vector that a text depends on, see `conditions` and `condition`; 0 (default) for none. */
  conditionSize?: number | undefined;
  /**
   * How the text depends on the vector: it sets the `"initial-state"`, it is a `"bias"` (default) of the gates at every step, or it
   * scales and shifts each layer's output (`"film"`).
   *
   * The vector is taken as it is and enters through a matrix: bring its numbers to a mean of 0 and a deviation of 1. What enters as the
   * initial state has to be remembered to the end; on the pictures of ts/examples/captions an lstm of 64 units does, and a gru does not.
   */
  conditionMode?: "initial-state" | "bias" | "film" | undefined;
  /** Of the recurrent weights: `"orthogonal"` (default), or `"uniform"`, which is PyTorch's default for recurrent and linear layers. */
  initialization?: "orthogonal" | "uniform" | undefined;
  /** Of the initial weights: the same seed gives the same model. A whole number from 0. Default 1. */
  seed?: number | undefined;
}

/** How much time a model is worth, on two cores and a million symbols: about a minute, ten minutes, most of an hour. */
export type Preset = "quick" | "balanced" | "best";

/** What fits a text, where nothing else is said. */
export interface PresetOption {
  /**
   * How much time the model is worth: `"quick"` (default) a minute, `"balanced"` ten, `"best"` up to an hour on two cores. With the
   * length of the text it decides what is not given of the model's `hiddenSize`, and of the training's budget, `batchSize`,
   * `learningRate`, `dropout` and `weightDrop`. Give the same one to `create` and to `train`.
   */
  preset?: Preset | undefined;
}

/** Options of `TextModel.create`. The vocabulary is taken from the text. */
export type CreateOptions = TextSource &
  PresetOption &
  ModelOptions &
  TokenizerOptions &
  PlaceOptions &
  Abortable;

/** What a file that another program wrote does not tell. Files of mynah's own tell it. */
export interface LoadSettings {
  /** The vocabulary in the order of its numbers. Half of a surrogate pair is read as U+FFFD. */
  symbols?: string | undefined;
  /** Of an rnn, which for `"relu"` has the same tensors as for `"tanh"` (default). */
  activation?: "tanh" | "relu" | undefined;
  /**
   * Of any file: adds the characters of a text that the model lacks (one of bytes lacks none), so that it can be trained further on it. Symbols keep their numbers, and the
   * loss of texts without unknown symbols changes by less than 1e-5 nats per symbol before the training: the new ones share the
   * probability of the unknown symbol (where a file of other programs has none, they take at most one part in the number of symbols).
   * Of a checkpoint, the training cannot be gone on with.
   */
  growAlphabet?: TextSource | undefined;
}

/** Options of `TextModel.load`. */
export type LoadOptions = LoadSettings & PlaceOptions & Abortable;

/** How to train. */
export interface TrainSettings {
  /** Streams, or documents, trained side by side; fewer when the text is short. Default: by the length of the text, up to 32, or 128 documents. */
  batchSize?: number | undefined;
  /** Symbols per stream and step, the length of the gradient's way back. Default 64; of a transformer its context. */
  seqLength?: number | undefined;
  /** Passes over the text. Default: by the preset and the length of the text. At most one of `epochs`, `steps` and `seconds`. */
  epochs?: number | undefined;
  /** Optimiser steps. At most one of `epochs`, `steps` and `seconds`. */
  steps?: number | undefined;
  /** Wall-clock time, without the last validation. At most one of `epochs`, `steps` and `seconds`. */
  seconds?: number | undefined;
  /** Peak learning rate. Default: by the cell and its size, 0.008 of an lstm with 256 units. */
  learningRate?: number | undefined;
  /**
   * Course of the learning rate: `"cosine"` (default) falls to a tenth at the end; `"constant"` stays; `"one-cycle"` rises over the first
   * 30 % and falls to next to nothing; `"plateau"` is multiplied by `decayFactor` after `patience` validations without progress,
   * `"step"` every `decayEvery` epochs.
   */
  schedule?: "cosine" | "constant" | "one-cycle" | "plateau" | "step" | undefined;
  /** Steps in which the rate rises from zero. Default 100, but at most a tenth of the steps. */
  warmupSteps?: number | undefined;
  /** Of `"plateau"` and `"step"`, between 0 and 1. Default 0.5. */
  decayFactor?: number | undefined;
  /** Of `"step"`, in epochs. Default 5. */
  decayEvery?: number | undefined;
  /** Of `"plateau"`, in validations. Default 2. */
  patience?: number | undefined;
  /**
   * `"muon"` (default) makes the steps of matrices orthogonal, and is `"adamw"` for the rest: it needs about half the passes, each of
   * which takes a quarter longer. `"adamw"` is Adam with `weightDecay`.
   */
  optimizer?: "adamw" | "adam" | "rmsprop" | "sgd" | "muon" | undefined;
  /** How much the weights (not the biases) are pulled towards zero, apart from the gradient. Default 0.01, of `"adamw"` and `"muon"`. */
  weightDecay?: number | undefined;
  /** Memory of the steps before, of `"muon"` (default 0.95), `"sgd"` (0.9) and `"rmsprop"` (0). */
  momentum?: number | undefined;
  /** Adam's memory of the gradient. Default 0.9. */
  beta1?: number | undefined;
  /** Adam's and RMSProp's memory of the squared gradient. Default 0.99. */
  beta2?: number | undefined;
  /** Their guard against division by zero. Default 1e-8. */
  epsilon?: number | undefined;
  /** Largest global norm of the gradient; 0 switches clipping off. Default 1. */
  clipNorm?: number | undefined;
  /** Largest absolute value of an element of the gradient, cut before `clipNorm`; 0 (default) is off. */
  clipValue?: number | undefined;
  /** Share of every layer's output that is dropped, the same units throughout a window; from 0 to 0.9. Default: more for more passes over less text. */
  dropout?: number | undefined;
  /** Share of the recurrent weights that is dropped at each step of the optimiser; from 0 to 0.9. Default: that of `dropout`. */
  weightDrop?: number | undefined;
  /**
   * Memory of a moving average of the weights, for instance 0.999; 0 (default) is off. The average is what is evaluated, what writes, and
   * what is saved.
   */
  averageDecay?: number | undefined;
  /** Share that is held out and never trained on: the end of a text, or documents drawn by lot; 0 for none. Default 0.1, of more than a million symbols 100,000 of them. */
  validation?: number | undefined;
  /** Steps between validations. Default: ten in a run; fewer where they would take over a tenth of a budget in `seconds`. */
  evaluateEvery?: number | undefined;
  /** Whether the model ends with the weights of its best validation instead of the last ones. Default `true`. */
  keepBest?: boolean | undefined;
  /** Validations without progress after which the run ends; 0 (default) for never. */
  earlyStopping?: number | undefined;
  /**
   * Workers that share every step, each with a part of the batch: 1 to 64, fewer where the batch is smaller. Left out, it is as many as
   * the machine and the size of the work suggest, and 1 for a model with `worker: false`. The same number, seed and build give the
   * same bits; another number adds the same numbers in another order.
   */
  workers?: number | undefined;
  /** Of the order of documents and of what is dropped. A whole number from 0. Default 1. */
  seed?: number | undefined;
}

/**
 * When the model writes during a run, and how: as `model.sample` does, but for the defaults. It changes nothing that is learnt, and its time
 * counts in `elapsedSeconds` and in a budget in `seconds`, not in `tokensPerSecond`.
 */
export interface LiveSampleSettings extends SampleSettings {
  /** Steps between two samples, from 1. Excludes `everySeconds`. */
  everySteps?: number | undefined;
  /** Seconds between two samples, above 0; the first one comes with the first step told. Default 5. */
  everySeconds?: number | undefined;
  /** Symbols to write. Default 200. */
  length?: number | undefined;
  /** Default: the number of the step, so that every sample is another one. */
  seed?: number | undefined;
}

/** How a run goes; nothing of it changes what is learnt, or stands in a checkpoint. */
export interface RunSettings {
  /**
   * Share of the time that is worked, from 0.05 to 1 (default): after each slice of about 50 ms, or one step where that takes longer, the
   * run rests, so that the machine stays usable and cool. Rests count in `elapsedSeconds` and in a budget in `seconds`, not in
   * `tokensPerSecond`.
   */
  dutyCycle?: number | undefined;
  /** Has the model write a text between two steps from time to time, which the step tells as its `sample`. Default: none. */
  samples?: LiveSampleSettings | undefined;
}

/** How a run goes, and who is told of it. */
export interface RunOptions extends RunSettings, Abortable {
  /**
   * Saves a checkpoint from time to time, from which `resume` goes on after a crash or a closed tab, and in its place at the end of the run
   * the model. A save that fails ends nothing: the step tells it as `autosave.error`, what was saved before is still there, and the next one
   * is tried when it is due. Default: none.
   */
  autosave?: AutosaveOptions | undefined;
  /**
   * Called for every step told, whether the run is looped over or awaited. The run waits for what it promises; what it throws, or rejects with,
   * ends the run, and is what that rejects with.
   */
  onStep?: ((step: TrainStep) => void) | undefined;
}

/** Options of `model.train`. */
export type TrainOptions = ConditionedSource & PresetOption & TrainSettings & RunOptions;

/** Options of `model.resume`: the text of the run that goes on. All that decides what is learnt stands in the checkpoint. */
export type ResumeOptions = ConditionedSource & RunOptions;

/** How to write. */
export interface SampleSettings {
  /** What the text goes on from; it is not part of the result. Half of a surrogate pair is read as U+FFFD. Default `""`. */
  prompt?: string | undefined;
  /** Symbols to write, at most. Default 500. */
  length?: number | undefined;
  /** Symbols before which a text ends neither by the model nor at a stop string. At most `length`. Default 0. */
  minLength?: number | undefined;
  /** From 0 (always the most likely symbol) over 1 (as the model believes) upwards (bolder). Default 0.7. */
  temperature?: number | undefined;
  /** So many of the most likely symbols may follow; 0 (default) for all. */
  topK?: number | undefined;
  /**
   * Locally typical sampling: symbols about as likely as the model expects of itself may follow, the most typical ones that together have
   * this share of the probability; from 0 to 1, which is off. Default 1.
   */
  typicalP?: number | undefined;
  /** The most likely symbols that together have this share of the probability may follow; from 0 to 1, which is off. Default 1. */
  topP?: number | undefined;
  /** Symbols may follow that are at least this share as likely as the most likely one; from 0, which is off, to 1. Default 0. */
  minP?: number | undefined;
  /**
   * Divides the logits of symbols that came among the last ones, and multiplies those that are negative: above 1 makes them rarer, below
   * 1 more frequent; from 0.1 to 10. Default 1, which is off.
   */
  repetitionPenalty?: number | undefined;
  /** Is subtracted from the logits of symbols that came among the last ones; from -100 to 100. Default 0. */
  presencePenalty?: number | undefined;
  /** Is subtracted from the logits of symbols for each time that they came among the last ones; from -100 to 100. Default 0. */
  frequencyPenalty?: number | undefined;
  /** How many of the last symbols the three penalties look at, those of the prompt among them; from 1 to 65,535. Default 64. */
  repeatLastN?: number | undefined;
  /** No run of so many symbols comes twice, the prompt included; 0 (default) is off. Of letters, 10 or more still let words recur. */
  noRepeatNgram?: number | undefined;
  /**
   * Added to the logits of symbols: `{ e: -2 }`; from -100 to 100. Each key is exactly one symbol of the model's `vocabulary`; what that
   * shows as U+FFFD, the unknown symbol and parts of characters, has no name.
   */
  logitBias?: Readonly<Record<string, number>> | undefined;
  /**
   * Characters that are never written, by themselves or within a longer symbol. Of a model with `normalization` or `caseFolding`
   * each is one in the form in which it writes. Default `""`.
   */
  banned?: string | undefined;
  /**
   * A regular expression that the whole text, without the prompt, matches, character by character: literals, escapes, classes (`[a-z]`, `[^a-z]`, `\d`, `\w`,
   * `\s`, `.`), groups, `|`, `*`, `+`, `?` and `{m,n}` as in JavaScript; no lookaround, references or word boundaries. Only symbols
   * are written after which it can still be matched within `length`; where it allows no more, the text ends.
   */
  allowedPattern?: string | undefined;
  /**
   * The text ends before the first of these, which is not part of it. What may be the beginning of one is held back until that is
   * known. Not together with `allowedPattern`.
   */
  stop?: string | readonly string[] | undefined;
  /** The same seed gives the same text. A whole number from 0. Default: random. */
  seed?: number | undefined;
  /**
   * What to do with symbols in the prompt that the model has none for: `"bytes"` (default) reads the unknown symbol and their bytes,
   * `"error"` refuses the prompt with the code `unknown-symbol`, as a file of other programs without an unknown symbol always does.
   */
  unknown?: "bytes" | "error" | undefined;
  /** The vector that the text depends on: `conditionSize` numbers. Of a model that was created with conditions, and needed there. */
  condition?: Float32Array | undefined;
  /**
   * `"int8"` rounds the weights to 8 bits while it writes: a large model writes faster (an LSTM of 512 units 1.3 times in the
   * `simd128` build, 2.3 times in the `relaxed` one), and a little differently. Default `"none"`.
   */
  quantize?: "none" | "int8" | undefined;
  /**
   * Searches for the likeliest text instead of drawing one: so many beginnings, 1 to 64, are gone on with side by side (beam search). The text
   * is handed out when it is whole; `model.sampleMany` gives the best ones, in their order. 1 (default) is off. Not together with
   * `temperature`, `topK`, `typicalP`, `topP` or `minP`; the seed has no meaning then.
   */
  beamWidth?: number | undefined;
  /**
   * Of a search: the logarithm of a text's probability is divided by this power of its length, so that more prefers longer texts; 0 goes by
   * the probability alone, which prefers short ones. From -10 to 10. Default 1.
   */
  lengthPenalty?: number | undefined;
}

/** Options of `model.sample`, `model.sampleText` and `model.sampleStream`. */
export type SampleOptions = SampleSettings & Abortable;

/** How to write several texts. */
export interface SampleManySettings extends SampleSettings {
  /** Texts to write, from 1 to 100,000; a search may find fewer. */
  count: number;
  /**
   * Whether a text that came before is left out, and the next one takes its place. Where ten times `count` texts, or 1,000 if that is more,
   * hold too few, the loop ends with `no-new-text` after the last one. Default `false`.
   */
  unique?: boolean | undefined;
  /**
   * Texts are left out, as with `unique`, that stand in it: of `documents` one that equals the prompt and the text together, of a `text`
   * or `corpus` any part that equals the text.
   */
  notInCorpus?: TextSource | undefined;
}

/** Options of `model.sampleMany`. */
export type SampleManyOptions = SampleManySettings & Abortable;

/** How to fill in blanks. */
export interface FillSettings {
  /** The text with its blanks; of a model that was created from documents, one whole document. */
  text: string;
  /** The symbol that stands for a blank wherever it is in the text: exactly one. Default `"_"`. */
  blank?: string | undefined;
  /**
   * Of the last sweep: from 0 (default, always the most likely symbol) over 1 (as the model believes) upwards (bolder). The sweeps before
   * it come down to it from 1.
   */
  temperature?: number | undefined;
  /**
   * How often each blank, once all have a symbol, is filled anew with regard to all others, which takes a reading of the text from both
   * ends each time; from 0 to 10,000. Blanks side by side want more; a single one needs none. Default 20.
   */
  sweeps?: number | undefined;
  /** The same seed gives the same text. A whole number from 0. Default: random where `temperature` is above 0, else always the same. */
  seed?: number | undefined;
  /**
   * What to do with symbols, other than blanks, that the model has none for: `"bytes"` (default) reads the unknown symbol and their
   * bytes, `"error"` refuses the text with the code `unknown-symbol`. They stay in the result as they are.
   */
  unknown?: "bytes" | "error" | undefined;
  /** The vector that the text depends on: `conditionSize` numbers. Of a model that was created with conditions, and needed there. */
  condition?: Float32Array | undefined;
}

/** Options of `model.fill`. */
export type FillOptions = FillSettings & Abortable;

/** What to suggest something for. */
export interface SuggestSettings {
  /** Time that the training may take. Default 60. */
  seconds?: number | undefined;
}

/** Options of `suggest`. */
export type SuggestOptions = SuggestSettings & Abortable;

/** How large a text is, for whom it is not there yet. */
export interface TextSize {
  text?: undefined;
  corpus?: undefined;
  documents?: undefined;
  /** Different symbols, and one for all others. */
  vocabularySize: number;
  tokenizer?: undefined;
  normalization?: undefined;
  caseFolding?: undefined;
  /** Symbols in all. */
  symbols: number;
}

/** Options of `memoryEstimate`: those of the model and those of the training together, and a text or its size. */
export type MemoryOptions = ((TextSource & TokenizerOptions & { symbols?: undefined }) | TextSize) &
  PresetOption &
  ModelOptions &
  TrainSettings &
  PlaceOptions &
  Abortable;
