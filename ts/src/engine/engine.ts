import { hasTrainingState } from "./checkpoint-header.js";
import type {
  EngineApi,
  FileSettings,
  JobId,
  SampleChunk,
  SourceSize,
  TrainChunk,
  WritingSettings,
} from "./engine-api.js";
import { describe, ownBuffer } from "./crossing.js";
import { EvaluationJob } from "./evaluation-job.js";
import { FillingJob } from "./filling-job.js";
import { countParameters, estimateMemory, refuseWhatCannotFit } from "./memory.js";
import { ReadingEngine } from "./reading-engine.js";
import { SamplingJob } from "./sampling-job.js";
import { SessionSamplingJob } from "./session-jobs.js";
import {
  growModel,
  newEvaluation,
  newModel,
  newTraining,
  resumedTraining,
  sizeInSymbols,
  withText,
} from "./sources.js";
import { surroundingsOf } from "./surroundings.js";
import { TrainingJob } from "./training-job.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { disposed, MynahError, toMynahError } from "../errors.js";
import { FILL_DEFAULTS } from "../options/defaults.js";
import type { EvaluateSettings, GradientSettings } from "../options/insight-types.js";
import type { FillSettings, ModelOptions, RunSettings, TrainSettings } from "../options/types.js";
import { Links, type Ports } from "../parallel/links.js";
import { follow } from "../parallel/shared-step.js";
import { askFor, CHARACTERS } from "../tokenizer/asking.js";
import { foldAround, foldSource } from "../tokenizer/folding.js";
import type { TokenizerSettings } from "../tokenizer/settings.js";
import type { Build, Evaluation, GradientFlow, ModelInfo, TrainingPlan, TrainResult } from "../types.js";
import { gradientFlow, Model } from "../wasm/glue.js";
import { callWasm, instantiate, isInstanceAlive } from "../wasm/instance.js";
import { toJson } from "../wasm/json.js";

/** Runs one model in this thread. A worker exposes it as it is; in-process use goes through `InProcessEngine`. */
export class Engine extends ReadingEngine implements EngineApi {
  #model: Model | undefined;
  /** The training that is open, or that was left before its end. */
  #training: TrainingJob | undefined;
  #lastTraining: TrainResult | undefined;
  /** A checkpoint whose training nobody has gone on with yet. */
  #checkpoint: Uint8Array | undefined;
  #isDisposed = false;

  async start(module: WebAssembly.Module, build: Build): Promise<void> {
    instantiate(module, build);
  }

  async create(options: ModelOptions, source: ResolvedSource, tokenizer = CHARACTERS): Promise<ModelInfo> {
    const folded = foldSource(source, tokenizer);
    const asked = askFor(tokenizer, folded);
    return this.#adopt(callWasm(() => newModel(options, asked, folded)));
  }

  async load(
    bytes: Uint8Array<ArrayBuffer>,
    options: FileSettings,
    growth?: ResolvedSource,
  ): Promise<ModelInfo> {
    const model = callWasm(() => Model.load(bytes, toJson(options)));
    if (growth !== undefined) growOrFree(model, foldSource(growth, describe(model)));
    const info = this.#adopt(model);
    if (growth === undefined && hasTrainingState(bytes)) this.#checkpoint = bytes;
    return info;
  }

  async save(): Promise<Uint8Array<ArrayBuffer>> {
    const model = this.liveModel();
    return ownBuffer(callWasm(() => model.save()));
  }

  async saveCheckpoint(): Promise<Uint8Array<ArrayBuffer>> {
    this.liveModel();
    await this.#training?.settled();
    // Meanwhile it may have been disposed of.
    const model = this.liveModel();
    const training = this.#training;
    if (training !== undefined && !training.isFinished) return ownBuffer(training.checkpoint(model));
    if (this.#checkpoint !== undefined) return new Uint8Array(this.#checkpoint);
    throw new MynahError(
      "no-training-state",
      "There is no training under way, or left, that a checkpoint could be made of or that could go on",
    );
  }

  async openTraining(
    job: JobId,
    source: ResolvedSource,
    settings: TrainSettings,
    run: RunSettings = {},
  ): Promise<TrainingPlan> {
    this.#readyToTrain();
    await this.#training?.settled();
    // Meanwhile another one may have been begun, or the model disposed of.
    const model = this.#readyToTrain();
    const folded = this.folded(source);
    refuseWhatCannotFit(model, settings, folded);
    const surroundings = surroundingsOf(model, folded, this.#foldedRun(run));
    this.#forgetTraining();
    this.#checkpoint = undefined;
    const training = callWasm(() => newTraining(model, folded, settings));
    return this.#begin(job, new TrainingJob(training, surroundings));
  }

  async resumeTraining(job: JobId, source: ResolvedSource, run: RunSettings = {}): Promise<TrainingPlan> {
    this.#readyToTrain();
    const checkpoint = await this.saveCheckpoint();
    const model = this.#readyToTrain();
    const folded = this.folded(source);
    const surroundings = surroundingsOf(model, folded, this.#foldedRun(run));
    // It makes room for the one that goes on, and can be made again from the checkpoint.
    this.#forgetTraining();
    this.#checkpoint = checkpoint;
    const training = callWasm(() => resumedTraining(model, folded, checkpoint));
    this.#checkpoint = undefined;
    return this.#begin(job, new TrainingJob(training, surroundings));
  }

  async leadTraining(job: JobId, ports: Ports): Promise<void> {
    this.openJob(job, TrainingJob).lead(new Links(ports));
  }

  async failTraining(job: JobId, reason: string): Promise<void> {
    const open = this.jobs.get(job);
    if (!(open instanceof TrainingJob)) return;
    const message = `One of the training's workers died (${reason}); the model is as of the last step`;
    open.failLinks(new MynahError("worker-crashed", message));
  }

  async followTraining(
    worker: number,
    ports: Ports,
    source: ResolvedSource,
    settings: TrainSettings | undefined,
  ): Promise<void> {
    const model = this.#readyToTrain();
    const folded = this.folded(source);
    const training = callWasm(() =>
      settings === undefined
        ? resumedTraining(model, folded, this.#checkpoint ?? new Uint8Array(), worker)
        : newTraining(model, folded, settings, worker),
    );
    this.#checkpoint = undefined;
    const links = new Links(ports);
    // Whoever leads learns of it; nobody else is there.
    void follow(training, model, links).catch((error: unknown) => links.giveUp(toMynahError(error)));
  }

  async trainChunk(job: JobId): Promise<TrainChunk | undefined> {
    return this.openJob(job, TrainingJob).advance(this.liveModel());
  }

  async pauseTraining(job: JobId): Promise<void> {
    const open = this.jobs.get(job);
    if (open instanceof TrainingJob) await open.pause();
  }

  async continueTraining(job: JobId): Promise<void> {
    const open = this.jobs.get(job);
    if (open instanceof TrainingJob) open.pace.continue();
  }

  async trainingContinued(job: JobId): Promise<void> {
    await this.openJob(job, TrainingJob).pace.continued();
  }

  async setDutyCycle(job: JobId, share: number): Promise<void> {
    const open = this.jobs.get(job);
    if (open instanceof TrainingJob) open.pace.setDutyCycle(share);
  }

  async lastTraining(): Promise<TrainResult | undefined> {
    this.liveModel();
    const training = this.#training;
    return training === undefined ? this.#lastTraining : callWasm(() => training.result);
  }

  async openSampling(job: JobId, settings: WritingSettings, corpus?: ResolvedSource): Promise<void> {
    const folded = corpus === undefined ? undefined : this.folded(corpus);
    this.jobs.set(job, new SamplingJob(this.liveModel(), this.foldedWriting(settings), folded));
  }

  async sampleChunk(job: JobId): Promise<SampleChunk> {
    const open = this.jobs.get(job);
    const sampling = open instanceof SessionSamplingJob ? open : this.openJob(job, SamplingJob);
    return sampling.advance(this.liveModel());
  }

  async openFilling(job: JobId, settings: FillSettings): Promise<void> {
    const { text, blank = FILL_DEFAULTS.blank } = settings;
    const folded = foldAround(text, blank, this.folding);
    this.jobs.set(job, new FillingJob(this.liveModel(), { ...settings, ...folded }));
  }

  async fillChunk(job: JobId): Promise<string | undefined> {
    return this.openJob(job, FillingJob).advance(this.liveModel());
  }

  async openEvaluation(job: JobId, source: ResolvedSource, settings: EvaluateSettings): Promise<void> {
    const model = this.liveModel();
    const folded = this.folded(source);
    const evaluation = callWasm(() => newEvaluation(model, folded, settings));
    this.jobs.set(job, new EvaluationJob(evaluation));
  }

  async evaluationChunk(job: JobId): Promise<Evaluation | undefined> {
    return this.openJob(job, EvaluationJob).advance(this.liveModel());
  }

  async gradientFlow(source: ResolvedSource, settings: GradientSettings): Promise<GradientFlow> {
    const model = this.liveModel();
    const folded = this.folded(source);
    const text = folded.documents === undefined ? folded.text : folded.documents.join("\n");
    const json = callWasm(() => withText(text, (lent) => gradientFlow(model, lent, toJson(settings))));
    return JSON.parse(json) as GradientFlow;
  }

  async parameterCount(options: ModelOptions, vocabularySize: number): Promise<number> {
    return countParameters(options, vocabularySize);
  }

  async sizeInSymbols(source: ResolvedSource, tokenizer: TokenizerSettings): Promise<SourceSize> {
    const folded = foldSource(source, tokenizer);
    const asked = askFor(tokenizer, folded);
    return callWasm(() => sizeInSymbols(asked, folded));
  }

  async memoryEstimate(options: ModelOptions, settings: TrainSettings, size: SourceSize): Promise<number> {
    return estimateMemory(options, settings, size);
  }

  async close(job: JobId): Promise<void> {
    const open = this.jobs.get(job);
    this.jobs.delete(job);
    if (open instanceof TrainingJob) {
      open.pace.end();
      await open.settled();
    }
    // Nothing may be called in a dead instance, not even to free; its memory goes with it.
    if (!isInstanceAlive()) return;
    if (!(open instanceof TrainingJob)) open?.free();
    else if (open.isFinished && open === this.#training) this.#forgetTraining();
    else open.leave();
  }

  async dispose(): Promise<void> {
    // First, so that whoever is woken by the end of its job learns why.
    this.#isDisposed = true;
    for (const job of this.jobs.keys()) await this.close(job);
    if (isInstanceAlive()) {
      this.#forgetTraining();
      this.freeReaders();
      this.#model?.free();
    }
    this.#model = undefined;
    this.#checkpoint = undefined;
  }

  #adopt(model: Model): ModelInfo {
    if (this.#isDisposed) {
      // Disposed of while the model was being made, by an abort for instance: nobody else will free it.
      model.free();
      throw disposed();
    }
    this.#model = model;
    const info = describe(model);
    this.folding = info;
    return info;
  }

  /** What is written during a run goes on from a prompt, too. */
  #foldedRun({ samples, ...run }: RunSettings): RunSettings {
    return samples === undefined ? run : { ...run, samples: this.foldedWriting(samples) };
  }

  #begin(job: JobId, training: TrainingJob): TrainingPlan {
    this.#training = training;
    this.jobs.set(job, training);
    return training.plan;
  }

  /** Gives up what a checkpoint would need; what the training came to stays known. */
  #forgetTraining(): void {
    if (this.#training === undefined) return;
    this.#lastTraining = this.#training.result;
    this.#training.free();
    this.#training = undefined;
  }

  protected override liveModel(): Model {
    if (this.#model === undefined || this.#isDisposed) {
      throw disposed();
    }
    return this.#model;
  }

  #readyToTrain(): Model {
    const model = this.liveModel();
    for (const open of this.jobs.values()) {
      if (open instanceof TrainingJob) {
        throw new MynahError(
          "busy",
          "The model is already training; wait for the end of that run, or stop it (leave its loop, or abort it), before training again",
        );
      }
    }
    return model;
  }
}

function growOrFree(model: Model, growth: ResolvedSource): void {
  try {
    callWasm(() => growModel(model, growth));
  } catch (error) {
    if (isInstanceAlive()) model.free();
    throw error;
  }
}
