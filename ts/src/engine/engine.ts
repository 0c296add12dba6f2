import type { EngineApi, JobId, SampleChunk, TrainChunk } from "./engine-api.js";
import { EvaluationJob } from "./evaluation-job.js";
import { SamplingJob } from "./sampling-job.js";
import { TrainingJob } from "./training-job.js";
import { MynahError } from "../errors.js";
import { EVALUATE_DEFAULTS } from "../options/defaults.js";
import type {
  EvaluateSettings,
  LoadSettings,
  ModelOptions,
  SampleSettings,
  TrainSettings,
} from "../options/types.js";
import type { Build, Evaluation, ModelInfo, TrainingPlan } from "../types.js";
import { Evaluation as WasmEvaluation, Model, Sampler, Training } from "../wasm/glue.js";
import { callWasm, instantiate, isInstanceAlive } from "../wasm/instance.js";
import { toJson } from "../wasm/json.js";

/** Runs one model in this thread. A worker exposes it as it is; in-process use goes through `InProcessEngine`. */
export class Engine implements EngineApi {
  readonly #jobs = new Map<JobId, TrainingJob | SamplingJob | EvaluationJob>();
  #model: Model | undefined;
  #isDisposed = false;

  async start(module: WebAssembly.Module, build: Build): Promise<void> {
    instantiate(module, build);
  }

  async create(options: ModelOptions, text: string): Promise<ModelInfo> {
    return this.#adopt(callWasm(() => Model.create(toJson(options), text)));
  }

  async load(bytes: Uint8Array, options: LoadSettings): Promise<ModelInfo> {
    return this.#adopt(callWasm(() => Model.load(bytes, toJson(options))));
  }

  async save(): Promise<Uint8Array<ArrayBuffer>> {
    const model = this.#liveModel();
    const bytes = callWasm(() => model.save());
    // The glue hands out a copy of its own, which its types do not say; a view of shared memory would not cross to another thread.
    return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  }

  async openTraining(job: JobId, text: string, settings: TrainSettings): Promise<TrainingPlan> {
    const model = this.#liveModel();
    for (const open of this.#jobs.values()) {
      if (open instanceof TrainingJob) {
        throw new MynahError("busy", "The model is already training; leave that loop before training again");
      }
    }
    const { evaluateEvery: _, ...wasmSettings } = settings;
    const training = callWasm(() => new Training(model, text, toJson(wasmSettings)));
    const opened = new TrainingJob(training, settings);
    this.#jobs.set(job, opened);
    return opened.plan;
  }

  async trainChunk(job: JobId): Promise<TrainChunk | undefined> {
    return this.#openJob(job, TrainingJob).advance(this.#liveModel());
  }

  async openSampling(job: JobId, settings: SampleSettings): Promise<void> {
    const model = this.#liveModel();
    const sampler = callWasm(() => new Sampler(model, toJson(settings)));
    this.#jobs.set(job, new SamplingJob(sampler));
  }

  async sampleChunk(job: JobId): Promise<SampleChunk> {
    return this.#openJob(job, SamplingJob).advance(this.#liveModel());
  }

  async openEvaluation(job: JobId, text: string, settings: EvaluateSettings): Promise<void> {
    const model = this.#liveModel();
    const streams = settings.streams ?? EVALUATE_DEFAULTS.streams;
    const evaluation = callWasm(() => new WasmEvaluation(model, text, streams));
    this.#jobs.set(job, new EvaluationJob(evaluation));
  }

  async evaluationChunk(job: JobId): Promise<Evaluation | undefined> {
    return this.#openJob(job, EvaluationJob).advance(this.#liveModel());
  }

  async close(job: JobId): Promise<void> {
    const open = this.#jobs.get(job);
    this.#jobs.delete(job);
    // Nothing may be called in a dead instance, not even to free; its memory goes with it.
    if (isInstanceAlive()) open?.free();
  }

  async dispose(): Promise<void> {
    for (const job of this.#jobs.keys()) await this.close(job);
    if (isInstanceAlive()) this.#model?.free();
    this.#model = undefined;
    this.#isDisposed = true;
  }

  #adopt(model: Model): ModelInfo {
    if (this.#isDisposed) {
      // Disposed of while the model was being made, by an abort for instance: nobody else will free it.
      model.free();
      throw disposed();
    }
    this.#model = model;
    return JSON.parse(callWasm(() => model.describe())) as ModelInfo;
  }

  #liveModel(): Model {
    if (this.#model === undefined || this.#isDisposed) {
      throw disposed();
    }
    return this.#model;
  }

  #openJob<Job>(job: JobId, kind: new (...args: never[]) => Job): Job {
    const open = this.#jobs.get(job);
    if (open instanceof kind) return open;
    this.#liveModel();
    throw new MynahError("internal", `Job ${job} is not open`);
  }
}

function disposed(): MynahError {
  return new MynahError("disposed", "The model was disposed of; create or load another one");
}
