import { abortable } from "./abort.js";
import { byteStream, wholeText } from "./byte-stream.js";
import { resolveSource, withoutSource } from "./corpora/text-source.js";
import type { EngineApi, JobId } from "./engine/engine-api.js";
import { startEngine } from "./engine/start-engine.js";
import { MynahError } from "./errors.js";
import { evaluate } from "./evaluate.js";
import { activations, embed, gradientFlow, inputGradient } from "./insight.js";
import { Jobs } from "./jobs.js";
import { checkOptions } from "./options/check.js";
import { PRESET_DEFAULT } from "./options/defaults.js";
import { extentOf, presetModel } from "./options/presets.js";
import type {
  ActivationsOptions,
  EmbedOptions,
  EvaluateOptions,
  GradientOptions,
  InputGradientOptions,
  ScoreOptions,
} from "./options/insight-types.js";
import type { SessionOptions } from "./options/session-types.js";
import type { TokenizerJson } from "./options/tokenizer-types.js";
import type {
  Abortable,
  CreateOptions,
  FillOptions,
  LoadOptions,
  PlaceOptions,
  ResumeOptions,
  RunOptions,
  SampleManyOptions,
  SampleOptions,
  TrainOptions,
} from "./options/types.js";
import { endAll, type Crew, type Running } from "./parallel/crew.js";
import { score } from "./score.js";
import { Session } from "./session.js";
import { decode, encode, exportTokenizer } from "./tokenizer/encoding.js";
import { granularityOf, resolveTokenizer, withoutTokenizer } from "./tokenizer/resolve.js";
import { RunControl } from "./training/run-control.js";
import { RunRecord } from "./training/run-record.js";
import { runSteps, type Task, type Trainee } from "./training/run-steps.js";
import { resumingTask, trainingTask } from "./training/tasks.js";
import { TrainingRun } from "./training/training-run.js";
import { fill, write } from "./writing.js";
import { WorkerEngine } from "./worker/worker-engine.js";
import type {
  Activations,
  Build,
  Encoding,
  Evaluation,
  GradientFlow,
  InputGradient,
  ModelInfo,
  Score,
  TrainResult,
} from "./types.js";

// A safety net for models that were dropped without dispose(): it ends their worker.
const dropped = new FinalizationRegistry<Running>((running) => void endAll(running));

/**
 * A small recurrent text model: it learns from a text, and writes more of its kind.
 *
 * ```ts
 * const model = await TextModel.create({ text });
 * for await (const step of model.train({ text, epochs: 5 })) console.log(step.loss);
 * console.log(await model.sampleText({ prompt: "Once ", temperature: 0.5 }));
 * const file = await model.save();
 * await model.dispose();
 * ```
 *
 * All calls may overlap, but for training, of which there is one at a time. Sampling, evaluating and saving between the
 * steps of a training use the model as it is at that step.
 *
 * Besides what each call lists, every call can reject with `disposed`, `worker-crashed` and `out-of-memory`.
 */
export class TextModel {
  /** What the model is made of. */
  readonly info: ModelInfo;
  /** The WebAssembly build that runs it. */
  readonly build: Build;
  /**
   * Whether it has a worker of its own. It has none where `worker: false` asked for that, where there is none to start, as in
   * `mynah/core`, and where none could be started: there it works in the thread that made it, in slices, as a warning on the console
   * has said once.
   */
  readonly hasWorker: boolean;
  readonly #jobs: Jobs;
  /** Of the training that was begun last. */
  #record: RunRecord | undefined;

  private constructor(engine: EngineApi, info: ModelInfo, build: Build) {
    const running = { engine, crews: new Set<Crew>(), hasEnded: false };
    this.#jobs = new Jobs(running);
    this.info = info;
    this.build = build;
    this.hasWorker = engine instanceof WorkerEngine;
    dropped.register(this, running, this);
  }

  /**
   * Makes an untrained model. Its vocabulary is every character (Unicode scalar value) of the text, or what the option `tokenizer`
   * asks for.
   *
   * @throws MynahError `empty-text`, `unknown-corpus`, `unsupported-engine`, `wasm-unavailable`, `unsupported-tokenizer`, or one of `unknown-option`,
   * `invalid-option`, `contradictory-options` and `missing-option`.
   */
  static async create(options: CreateOptions): Promise<TextModel> {
    checkOptions("create", options);
    const { worker, build, signal, preset = PRESET_DEFAULT, ...rest } = options;
    const source = await abortable(signal, () => resolveSource(options, signal));
    const tokenizer = await resolveTokenizer(options);
    const extent = extentOf(source, granularityOf(tokenizer));
    const model = presetModel(preset, extent, withoutTokenizer(withoutSource(rest)));
    return TextModel.#make({ worker, build, signal }, (engine) => engine.create(model, source, tokenizer));
  }

  /**
   * Loads a model file: one that {@link save} gave, or a safetensors file with PyTorch's names (Embedding, then RNN, GRU
   * or LSTM, then Linear), for which `symbols` says what the numbers stand for and `activation` what kind of rnn it is. A
   * checkpoint is a model file, too; {@link resume} goes on with its training.
   *
   * With `growAlphabet` it can be trained further on texts with other symbols:
   *
   * ```ts
   * const model = await TextModel.load(file, { growAlphabet: { text } });
   * await model.train({ text });
   * ```
   *
   * @param bytes - the file; it is copied at once, and may be used for other things while it loads
   * @throws MynahError `bad-model-file`, `unsupported-engine`, `wasm-unavailable`, or one of `unknown-option`, `invalid-option`,
   * `contradictory-options` and `missing-option`; with `growAlphabet` what the reading of a text can come to.
   */
  static async load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<TextModel> {
    checkOptions("load", options);
    if (!(bytes instanceof Uint8Array || bytes instanceof ArrayBuffer)) {
      const words = "TextModel.load takes the file's bytes as a Uint8Array or an ArrayBuffer";
      throw new MynahError("invalid-option", words);
    }
    const { worker, build, signal, growAlphabet, ...loadOptions } = options;
    // Before anything is awaited. Of a view, its part of the buffer alone.
    const file = new Uint8Array(bytes instanceof Uint8Array ? bytes : bytes.slice(0));
    const growth = growAlphabet && (await abortable(signal, () => resolveSource(growAlphabet, signal)));
    return TextModel.#make({ worker, build, signal }, (engine) => engine.load(file, loadOptions, growth));
  }

  static async #make(
    place: PlaceOptions & Abortable,
    firstTask: (engine: EngineApi) => Promise<ModelInfo>,
  ): Promise<TextModel> {
    const { engine, build, result: info } = await startEngine(place, firstTask);
    return new TextModel(engine, info, build);
  }

  /**
   * Trains on a text, and tells about every 50 ms how it goes, in a loop or, with `await`, to `onStep`:
   *
   * ```ts
   * for await (const { step, loss, tokensPerSecond } of model.train({ text, epochs: 5, signal })) …
   * const { loss, validationLoss } = await model.train({ text, epochs: 5, signal, onStep: (step) => chart.add(step) });
   * ```
   *
   * Nothing happens before that. In a loop, work is done only while the next step is awaited, so a slow reader slows it down; either can
   * be paused ({@link TrainingRun.pause}) or slowed down ({@link TrainingRun.dutyCycle}). Leaving the loop, or aborting, stops it; the model keeps what it has learnt up to the last finished step. Training again goes on from these weights, with
   * a fresh optimiser; {@link resume} goes on as if the loop had not been left, for which the training's memory is kept
   * until the next one. Symbols of the text that the model has none for are read as their bytes.
   *
   * With a budget in `steps` or `epochs`, the `simd128` build, the same seed and the same number of `workers` give the same model,
   * bit for bit, everywhere.
   *
   * @throws MynahError (from the loop, or when awaited) `busy`, `empty-text`, `text-too-short`, `non-finite-loss`, `unknown-corpus`, or one
   * of `unknown-option`, `invalid-option`, `contradictory-options` and `missing-option`; on abort the signal's `reason`.
   */
  train(options: TrainOptions): TrainingRun {
    return this.#newRun(options, (trainee) => trainingTask(trainee, options));
  }

  /**
   * Goes on with a training that was left before its end: with that of the checkpoint that the model was loaded from, or with that of
   * the last loop. In steps or epochs, the `simd128` build ends with the same bytes as if the training had never stopped.
   *
   * ```ts
   * const model = await TextModel.load(checkpoint);
   * for await (const { step, loss } of model.resume({ text })) …
   * ```
   *
   * @throws MynahError (from the loop, or when awaited) `no-training-state` when there is nothing to go on with, `different-text` when the text is not
   * the one of that training, and otherwise as {@link train} does.
   */
  resume(options: ResumeOptions): TrainingRun {
    return this.#newRun(options, (trainee) => resumingTask(trainee, options));
  }

  /**
   * What the last training has come to: at its end, or so far. After an abort it knows of the steps that were being done meanwhile; its
   * `diagnosis` and its `autosave` know of those that were told. `undefined` when there was none, or none that finished a step.
   */
  async lastTraining(): Promise<TrainResult | undefined> {
    const result = await this.#until(this.#jobs.engine.lastTraining());
    return result === undefined ? undefined : { ...result, ...this.#record?.finding };
  }

  /**
   * Writes text, and hands it out in pieces as it is written:
   *
   * ```ts
   * for await (const piece of model.sample({ prompt: "Once ", length: 300 })) page.append(piece);
   * ```
   *
   * Leaving the loop, or aborting, stops it.
   *
   * @throws MynahError at once one of `unknown-option` and `invalid-option`, for a name or a type that is wrong; from the loop
   * `invalid-option`, `unknown-symbol`, `no-symbol-left` where the options forbid every symbol, and `contradictory-options`, also when the
   * model is bidirectional and can only {@link fill}; on abort the signal's `reason`.
   */
  sample(options: SampleOptions = {}): AsyncGenerator<string, void, undefined> {
    checkOptions("sample", options);
    return this.#write({ ...options });
  }

  /**
   * {@link sample}, all of it at once.
   *
   * @throws (rejects with) what {@link sample} throws.
   */
  async sampleText(options: SampleOptions = {}): Promise<string> {
    checkOptions("sample", options, "model.sampleText");
    return wholeText(this.#write({ ...options }));
  }

  /**
   * {@link sample} as a stream of bytes, UTF-8, for a server to answer with:
   *
   * ```ts
   * return new Response(model.sampleStream({ prompt, signal: request.signal }));
   * ```
   *
   * Nothing is written ahead of the reader. Cancelling the stream, or aborting, stops it. As strings:
   * `stream.pipeThrough(new TextDecoderStream())`.
   *
   * @throws what {@link sample} throws at once, and `disposed` where that is so already; the rest ends the stream.
   */
  sampleStream(options: SampleOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#jobs.refuseAfterEnd();
    checkOptions("sample", options, "model.sampleStream");
    const { signal, ...settings } = options;
    return byteStream(signal, (joined) => this.#write({ ...settings, signal: joined }));
  }

  /**
   * Writes several texts side by side, which is faster than one after the other (an LSTM of 256 units 1.4 times), and hands each out when it
   * is whole, in order:
   *
   * ```ts
   * for await (const name of model.sampleMany({ count: 20, length: 40 })) list.append(name);
   * ```
   *
   * A text depends on the seed and its place alone, not on how many others there are; the first is the one that {@link sample} writes.
   * With `unique` or `notInCorpus` some are left out, and later ones take their places.
   *
   * @throws MynahError as {@link sample} does, at once also `missing-option`; from the loop also what the reading of `notInCorpus` can come
   * to, and `no-new-text` after the last one where too few are new.
   */
  sampleMany(options: SampleManyOptions): AsyncGenerator<string, void, undefined> {
    checkOptions("sampleMany", options);
    if (options.count === undefined) {
      throw new MynahError("missing-option", "The number of texts is missing: give count");
    }
    return this.#write({ ...options });
  }

  async *#write(options: SampleOptions & Partial<SampleManyOptions>): AsyncGenerator<string, void> {
    yield* write(this.#jobs, options);
    this.#stayReachable();
  }

  /**
   * Opens a session: a text that is read and written piece by piece, whose beginning is never read again.
   *
   * ```ts
   * const session = await model.session();
   * await session.feed("The quick br");
   * const completions = await session.suggest(); // [{ text: "own", probability: 0.9 }, …]
   * ```
   *
   * In a model of documents it begins where a document does.
   *
   * @throws MynahError `bad-session-state`, `contradictory-options`, also when the model is bidirectional, or one of `unknown-option` and
   * `invalid-option`; on abort the signal's `reason`.
   */
  async session(options: SessionOptions = {}): Promise<Session> {
    return Session.open(this.#jobs, this, options);
  }

  /**
   * Fills in the blanks of a text, by what stands to the left and to the right of each. For models with `bidirectional: true`.
   *
   * ```ts
   * await model.fill({ text: "Th_ crow and the f__" });
   * ```
   *
   * @returns the whole text, with a symbol of the model's alphabet in the place of each blank
   * @throws MynahError `missing-option`, `empty-text`, `unknown-symbol`, `contradictory-options` when the model is not bidirectional,
   * or one of `unknown-option` and `invalid-option`, also when the text has no blank; on abort the signal's `reason`.
   */
  async fill(options: FillOptions): Promise<string> {
    return this.#until(fill(this.#jobs, options));
  }

  /**
   * Measures how well the model foresees a text.
   *
   * @throws MynahError `empty-text`, `text-too-short`, `unknown-corpus`, `unknown-symbol` and `non-finite-loss` as {@link score}, or one of
   * `unknown-option`, `invalid-option`, `contradictory-options` and `missing-option`; on abort the signal's `reason`.
   */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    return this.#until(evaluate(this.#jobs, options));
  }

  /**
   * Tells of every symbol of a text how likely the model held it, and what it would have expected instead:
   *
   * ```ts
   * const { bits, ranks } = await model.score(text); // bits[i]: how surprised it was by the i-th symbol
   * const { alternatives } = await model.score({ text, alternatives: 3 });
   * ```
   *
   * The totals are those of {@link evaluate}, to the bit. Takes 16 bytes for a symbol, and with `alternatives` about 100 for each of these. A
   * bidirectional model foresees each symbol from both sides.
   *
   * @throws MynahError `missing-option`, `empty-text`, `text-too-short`, `unknown-symbol` for a file of other programs without an unknown
   * symbol, `non-finite-loss` where the model's weights are damaged, or one of `unknown-option` and `invalid-option`; on abort the signal's
   * `reason`.
   */
  async score(options: string | ScoreOptions): Promise<Score> {
    return this.#until(score(this.#jobs, this.info, options));
  }

  /**
   * Makes a vector of a text: what the output layer reads of the model's hidden states, the mean over all symbols. Of texts that the model
   * finds alike the vectors point the same way (`similarity`).
   *
   * @throws MynahError `missing-option`, `empty-text`, `non-finite-loss` where the model's weights are damaged, or one of `unknown-option` and
   * `invalid-option`; on abort the signal's `reason`.
   */
  async embed(options: string | EmbedOptions): Promise<Float32Array> {
    return this.#until(embed(this.#jobs, options));
  }

  /**
   * Lets one look inside while the model reads a text: the state and the gates of each recurrent layer at each symbol. Takes 4 bytes for
   * each number, for an lstm of 256 units 6 KB for each symbol, all of it at the beginning.
   *
   * @throws MynahError `missing-option`, `empty-text`, `contradictory-options` for a transformer and for a bidirectional model, or one of
   * `unknown-option` and `invalid-option`; on abort the signal's `reason`.
   */
  async activations(options: string | ActivationsOptions): Promise<Activations> {
    return this.#until(activations(this.#jobs, options));
  }

  /**
   * Tells how much each symbol of a text matters for what the model foresees: the norm of the gradient of the loss with respect to its
   * vector. Nothing is learnt. Is done in one go: other calls of the model wait meanwhile, and without a worker the thread does.
   *
   * @throws MynahError `missing-option`, `text-too-short`, `contradictory-options` for a bidirectional model, or one of `unknown-option` and
   * `invalid-option`, also for a text of more than 2,048 symbols; on abort the signal's `reason`.
   */
  async inputGradient(options: string | InputGradientOptions): Promise<InputGradient> {
    return this.#until(inputGradient(this.#jobs, options));
  }

  /**
   * Looks at how the gradient fades, or explodes, on its way back through the model: the reason why plain recurrent cells
   * forget. Nothing is learnt. Is done in one go, as {@link inputGradient}.
   *
   * @throws MynahError `text-too-short`, `unknown-corpus`, or one of `unknown-option`, `invalid-option`,
   * `contradictory-options` and `missing-option`; on abort the signal's `reason`.
   */
  async gradientFlow(options: GradientOptions): Promise<GradientFlow> {
    return this.#until(gradientFlow(this.#jobs, options));
  }

  /**
   * Cuts a text into the symbols that the model reads:
   *
   * ```ts
   * const { tokens, symbols } = await model.encode("the crow"); // symbols: ["the", " crow"], for instance
   * await model.decode(tokens); // "the crow"
   * ```
   *
   * @throws MynahError `invalid-option`, or `unknown-symbol` for a file of other programs without an unknown symbol.
   */
  async encode(text: string): Promise<Encoding> {
    return this.#until(encode(this.#jobs, text));
  }

  /**
   * The text of symbols, by their numbers. What they leave incomplete becomes U+FFFD.
   *
   * @throws MynahError `invalid-option` for a number that is no symbol's.
   */
  async decode(tokens: Uint32Array | readonly number[]): Promise<string> {
    return this.#until(decode(this.#jobs, this.info, tokens));
  }

  /**
   * The tokenizer as a `tokenizer.json` that other libraries read: `JSON.stringify` it. Of the tokenizers `"bytes"` and `"bpe"`.
   *
   * @throws MynahError `unsupported-tokenizer` for others, of which that file knows nothing.
   */
  async exportTokenizer(): Promise<TokenizerJson> {
    return this.#until(exportTokenizer(this.#jobs));
  }

  /** The model as one `.safetensors` file. During a training: as of the last finished step. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#until(this.#jobs.engine.save());
  }

  /**
   * {@link save} with everything that {@link resume} needs, about three times as large: as of the last finished step of the training
   * that is under way, or that was left before its end.
   *
   * @throws MynahError `no-training-state` when there is no such training.
   */
  async saveCheckpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#until(this.#jobs.engine.saveCheckpoint());
  }

  /** Frees the model and ends its worker; pending and later calls reject with `disposed`. May be called again, to no effect. */
  async dispose(): Promise<void> {
    dropped.unregister(this);
    await endAll(this.#jobs.running);
  }

  /** {@link dispose}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Waits for an answer, so that a model that is dropped while a call is pending is collected only after it. */
  async #until<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } finally {
      this.#stayReachable();
    }
  }

  #stayReachable(): void {}

  /** `prepare`, which checks the options, is called as soon as the first step is asked for. */
  #newRun(options: RunOptions | null | undefined, prepare: (trainee: Trainee) => Promise<Task>): TrainingRun {
    const control = new RunControl(this.#jobs.engine, this.#jobs.next(), options?.dutyCycle);
    const record = new RunRecord();
    const close = (job: JobId): Promise<void> => this.#jobs.close(job);
    const onBegin = (): void => {
      this.#record = record;
    };
    const trainee = { info: this.info, build: this.build, running: this.#jobs.running, close, onBegin };
    return new TrainingRun(
      control,
      record,
      runSteps(trainee, control, record, () => prepare(trainee)),
    );
  }
}
