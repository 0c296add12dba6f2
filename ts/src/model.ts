import { abortable } from "./abort.js";
import { resolveText } from "./corpora/text-source.js";
import type { EngineApi, JobId } from "./engine/engine-api.js";
import { InProcessEngine } from "./engine/in-process-engine.js";
import { MynahError } from "./errors.js";
import { checkOptions } from "./options/check.js";
import { PLACE_DEFAULTS } from "./options/defaults.js";
import type {
  Abortable,
  CreateOptions,
  EvaluateOptions,
  LoadOptions,
  PlaceOptions,
  SampleOptions,
  TrainOptions,
} from "./options/types.js";
import type { Build, Evaluation, ModelInfo, TrainResult, TrainStep } from "./types.js";
import { instantiatedBuild } from "./wasm/instance.js";
import { wasmModule } from "./wasm/modules.js";
import { chooseBuild } from "./wasm/probe.js";
import { WorkerEngine } from "./worker/worker-engine.js";

// A safety net for models that were dropped without dispose(): it ends their worker.
const dropped = new FinalizationRegistry<EngineApi>((engine) => void engine.dispose());

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
  readonly #engine: EngineApi;
  #lastJob: JobId = 0;

  private constructor(engine: EngineApi, info: ModelInfo, build: Build) {
    this.#engine = engine;
    this.info = info;
    this.build = build;
    dropped.register(this, engine, this);
  }

  /**
   * Makes an untrained model. Its vocabulary is every symbol (Unicode scalar value) of the text.
   *
   * @throws MynahError `empty-text`, `unknown-corpus`, `unsupported-engine`, or one of `unknown-option`, `invalid-option`,
   * `contradictory-options` and `missing-option`.
   */
  static async create(options: CreateOptions): Promise<TextModel> {
    checkOptions("create", options);
    const { text: _text, corpus: _corpus, worker, build, signal, ...modelOptions } = options;
    return TextModel.#make({ worker, build, signal }, async (engine) => {
      const source = await resolveText(options);
      return engine.create(modelOptions, source);
    });
  }

  /**
   * Loads a model file: one that {@link save} gave, or a safetensors file with PyTorch's names (Embedding, then RNN, GRU
   * or LSTM, then Linear), for which `symbols` says what the numbers stand for and `activation` what kind of rnn it is.
   *
   * @param bytes - the file; it is copied
   * @throws MynahError `bad-model-file`, `unsupported-engine`, or one of `unknown-option`, `invalid-option`,
   * `contradictory-options` and `missing-option`.
   */
  static async load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<TextModel> {
    checkOptions("load", options);
    if (!(bytes instanceof Uint8Array || bytes instanceof ArrayBuffer)) {
      throw new MynahError(
        "invalid-option",
        "TextModel.load takes the file's bytes as a Uint8Array or an ArrayBuffer",
      );
    }
    const { worker, build, signal, ...loadOptions } = options;
    const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    return TextModel.#make({ worker, build, signal }, (engine) => engine.load(file, loadOptions));
  }

  static async #make(
    place: PlaceOptions & Abortable,
    fill: (engine: EngineApi) => Promise<ModelInfo>,
  ): Promise<TextModel> {
    const { worker = PLACE_DEFAULTS.worker, signal } = place;
    const wanted = place.build ?? PLACE_DEFAULTS.build;
    // In this thread there is one instance for all, and who leaves the choice to us takes the one there is.
    const shared = worker || wanted !== "auto" ? undefined : instantiatedBuild();
    const build = shared ?? chooseBuild(wanted);
    const module = await abortable(signal, () => wasmModule(build));
    const engine = worker ? WorkerEngine.spawn() : new InProcessEngine();
    try {
      const info = await abortable(signal, async () => {
        await engine.start(module, build);
        return fill(engine);
      });
      return new TextModel(engine, info, build);
    } catch (error) {
      await engine.dispose();
      throw error;
    }
  }

  /**
   * Trains on a text, and tells about every 50 ms how it goes:
   *
   * ```ts
   * for await (const { step, loss, tokensPerSecond } of model.train({ text, epochs: 5, signal })) …
   * ```
   *
   * Work is done only while the next step is awaited, so a slow reader slows it down. Leaving the loop, or aborting, stops
   * it; the model keeps what it has learnt up to the last finished step. Training again goes on from these weights, with
   * a fresh optimiser. Symbols of the text that the model does not know are read as the unknown symbol.
   *
   * With a budget in `steps` or `epochs`, the `simd128` build and the same seed give the same model, bit for bit, everywhere.
   *
   * @throws MynahError (from the loop) `busy`, `empty-text`, `text-too-short`, `non-finite-loss`, `unknown-corpus`, or one
   * of `unknown-option`, `invalid-option`, `contradictory-options` and `missing-option`; on abort the signal's `reason`.
   */
  async *train(options: TrainOptions): AsyncGenerator<TrainStep, TrainResult, undefined> {
    checkOptions("train", options);
    const { text: _text, corpus: _corpus, signal, ...settings } = options;
    const engine = this.#engine;
    const job = this.#nextJob();
    try {
      const source = await abortable(signal, () => resolveText(options));
      const plan = await abortable(signal, () => engine.openTraining(job, source, settings));
      for (;;) {
        const chunk = await abortable(signal, () => engine.trainChunk(job));
        if (chunk === undefined) continue;
        const { step, isLast, recentLoss } = chunk;
        yield step;
        if (isLast) {
          return {
            steps: step.step,
            epochs: step.epoch,
            loss: recentLoss,
            ...(step.validationLoss === undefined ? {} : { validationLoss: step.validationLoss }),
            tokens: step.tokens,
            tokensPerSecond: step.tokensPerSecond,
            seconds: step.elapsedSeconds,
            plan,
          };
        }
      }
    } finally {
      this.#close(job);
    }
  }

  /**
   * {@link train} for those who only want the end of it.
   *
   * @throws as {@link train} does.
   */
  async trainToEnd(options: TrainOptions): Promise<TrainResult> {
    const steps = this.train(options);
    for (;;) {
      const next = await steps.next();
      if (next.done === true) return next.value;
    }
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
   * @throws MynahError (from the loop) `unknown-symbol`, or one of `unknown-option` and `invalid-option`; on abort the
   * signal's `reason`.
   */
  async *sample(options: SampleOptions = {}): AsyncGenerator<string, void, undefined> {
    checkOptions("sample", options);
    const { signal, ...settings } = options;
    const engine = this.#engine;
    const job = this.#nextJob();
    try {
      await abortable(signal, () =>
        engine.openSampling(job, { ...settings, seed: settings.seed ?? randomSeed() }),
      );
      for (;;) {
        const chunk = await abortable(signal, () => engine.sampleChunk(job));
        if (chunk.text !== "") yield chunk.text;
        if (chunk.finished) return;
      }
    } finally {
      this.#close(job);
    }
  }

  /**
   * {@link sample}, all of it at once.
   *
   * @throws as {@link sample} does.
   */
  async sampleText(options: SampleOptions = {}): Promise<string> {
    let text = "";
    for await (const piece of this.sample(options)) text += piece;
    return text;
  }

  /**
   * Measures how well the model foresees a text.
   *
   * @throws MynahError `empty-text`, `text-too-short`, `unknown-corpus`, or one of `unknown-option`, `invalid-option`,
   * `contradictory-options` and `missing-option`; on abort the signal's `reason`.
   */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    checkOptions("evaluate", options);
    const { text: _text, corpus: _corpus, signal, ...settings } = options;
    const engine = this.#engine;
    const job = this.#nextJob();
    try {
      const source = await abortable(signal, () => resolveText(options));
      await abortable(signal, () => engine.openEvaluation(job, source, settings));
      for (;;) {
        const result = await abortable(signal, () => engine.evaluationChunk(job));
        if (result !== undefined) return result;
      }
    } finally {
      this.#close(job);
    }
  }

  /** The model as one `.safetensors` file. During a training: as of the last finished step. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#engine.save();
    } finally {
      this.#stayReachable();
    }
  }

  /** Frees the model and ends its worker; pending and later calls reject with `disposed`. May be called again, to no effect. */
  async dispose(): Promise<void> {
    dropped.unregister(this);
    await this.#engine.dispose();
  }

  /** {@link dispose}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Called when an answer has come: so that a model that is dropped while a call is pending is collected only after it. */
  #stayReachable(): void {}

  #nextJob(): JobId {
    this.#lastJob += 1;
    return this.#lastJob;
  }

  /** Calls are served in order, so nobody has to wait for this one; a dead engine has closed its jobs already. */
  #close(job: JobId): void {
    this.#engine.close(job).catch(() => undefined);
  }
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
