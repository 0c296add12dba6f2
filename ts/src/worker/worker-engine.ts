import { transfer, wrap, type Remote } from "comlink";
import { spawnWorker } from "#platform";
import { carryErrorsWhole } from "./thrown-errors.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import type {
  BeginningSettings,
  ContinuationSettings,
  EngineApi,
  FileSettings,
  JobId,
  SampleChunk,
  ScoreChunk,
  SourceSize,
  TrainChunk,
  WritingSettings,
} from "../engine/engine-api.js";
import { disposed, MynahError } from "../errors.js";
import type { Ports } from "../parallel/links.js";
import type {
  ConditionSettings,
  EmbedSettings,
  EvaluateSettings,
  GradientSettings,
  InputGradientSettings,
  ScoreSettings,
} from "../options/insight-types.js";
import type { CompletionSettings } from "../options/session-types.js";
import type { FillSettings, ModelOptions, RunSettings, TrainSettings } from "../options/types.js";
import { NotStarted, type WorkerHandle } from "../platform/platform.js";
import type { TokenizerSettings } from "../tokenizer/settings.js";
import type {
  Activations,
  Build,
  Completion,
  Encoding,
  Evaluation,
  GradientFlow,
  InputGradient,
  ModelInfo,
  Overlap,
  TrainingPlan,
  TrainResult,
} from "../types.js";

/**
 * The engine in a worker, seen from this side. Once the worker is dead, every pending and every later call rejects. The worker keeps
 * the process alive only while a call is pending.
 */
export class WorkerEngine implements EngineApi {
  readonly #worker: WorkerHandle;
  readonly #remote: Remote<EngineApi>;
  readonly #rejectPending = new Set<(error: MynahError) => void>();
  #end: MynahError | undefined;
  /** Whether it has ever been alive. */
  #hasAnswered = false;

  constructor(worker: WorkerHandle) {
    carryErrorsWhole();
    this.#worker = worker;
    this.#remote = wrap<EngineApi>(worker.endpoint);
    worker.onDeath((cause) => {
      const message = this.#hasAnswered
        ? `The worker died (${messageOf(cause)}), and the model with it; make a new one`
        : `No worker could be started (${messageOf(cause)})`;
      this.#endWith(new MynahError("worker-crashed", message, { cause }));
    });
  }

  /**
   * An engine in a worker of its own.
   *
   * @throws MynahError `worker-crashed` where no worker may be started, and `missing-option` where there is none.
   */
  static spawn(): WorkerEngine {
    try {
      return new WorkerEngine(spawnWorker());
    } catch (cause) {
      if (cause instanceof MynahError) throw cause;
      throw new MynahError("worker-crashed", `No worker could be started (${messageOf(cause)})`, {
        cause: new NotStarted(messageOf(cause), { cause }),
      });
    }
  }

  /** Calls back when the worker has died, soon where it has already, and not when it was disposed of. It may do so more than once. */
  onDeath(listener: (error: MynahError) => void): void {
    const tell = (): void => {
      const end = this.#end;
      if (end?.code === "worker-crashed") listener(end);
    };
    this.#worker.onDeath(tell);
    if (this.#end !== undefined) queueMicrotask(tell);
  }

  start(module: WebAssembly.Module, build: Build): Promise<void> {
    return this.#call((remote) => remote.start(module, build));
  }

  create(options: ModelOptions, source: ResolvedSource, tokenizer?: TokenizerSettings): Promise<ModelInfo> {
    return this.#call((remote) => remote.create(options, handedOver(source), tokenizer));
  }

  load(bytes: Uint8Array<ArrayBuffer>, options: FileSettings, growth?: ResolvedSource): Promise<ModelInfo> {
    const last = growth === undefined ? undefined : handedOver(growth);
    return this.#call((remote) => remote.load(transfer(bytes, [bytes.buffer]), options, last));
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call((remote) => remote.save());
  }

  saveCheckpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call((remote) => remote.saveCheckpoint());
  }

  openTraining(
    job: JobId,
    source: ResolvedSource,
    settings: TrainSettings,
    run?: RunSettings,
  ): Promise<TrainingPlan> {
    // Else the other workers want it, too.
    const isLast = settings.workers === 1;
    return this.#call((remote) =>
      remote.openTraining(job, isLast ? handedOver(source) : source, settings, run),
    );
  }

  resumeTraining(job: JobId, source: ResolvedSource, run?: RunSettings): Promise<TrainingPlan> {
    return this.#call((remote) => remote.resumeTraining(job, source, run));
  }

  leadTraining(job: JobId, ports: Ports): Promise<void> {
    return this.#call((remote) => remote.leadTraining(job, transferred(ports)));
  }

  failTraining(job: JobId, reason: string): Promise<void> {
    return this.#call((remote) => remote.failTraining(job, reason));
  }

  followTraining(
    worker: number,
    ports: Ports,
    source: ResolvedSource,
    settings: TrainSettings | undefined,
  ): Promise<void> {
    return this.#call((remote) => remote.followTraining(worker, transferred(ports), source, settings));
  }

  trainChunk(job: JobId): Promise<TrainChunk | undefined> {
    return this.#call((remote) => remote.trainChunk(job));
  }

  pauseTraining(job: JobId): Promise<void> {
    return this.#call((remote) => remote.pauseTraining(job));
  }

  continueTraining(job: JobId): Promise<void> {
    return this.#call((remote) => remote.continueTraining(job));
  }

  trainingContinued(job: JobId): Promise<void> {
    return this.#call((remote) => remote.trainingContinued(job));
  }

  setDutyCycle(job: JobId, share: number): Promise<void> {
    return this.#call((remote) => remote.setDutyCycle(job, share));
  }

  lastTraining(): Promise<TrainResult | undefined> {
    return this.#call((remote) => remote.lastTraining());
  }

  openSampling(job: JobId, settings: WritingSettings, corpus?: ResolvedSource): Promise<void> {
    const last = corpus === undefined ? undefined : handedOver(corpus);
    return this.#call((remote) => remote.openSampling(job, settings, last));
  }

  sampleChunk(job: JobId): Promise<SampleChunk> {
    return this.#call((remote) => remote.sampleChunk(job));
  }

  openSession(session: JobId, settings: BeginningSettings): Promise<void> {
    return this.#call((remote) => remote.openSession(session, settings));
  }

  forkSession(session: JobId, fork: JobId): Promise<void> {
    return this.#call((remote) => remote.forkSession(session, fork));
  }

  blendSessions(session: JobId, other: JobId, weight: number, blend: JobId): Promise<void> {
    return this.#call((remote) => remote.blendSessions(session, other, weight, blend));
  }

  saveSession(session: JobId): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call((remote) => remote.saveSession(session));
  }

  suggestNext(job: JobId, session: JobId, settings: CompletionSettings): Promise<Completion[]> {
    return this.#call((remote) => remote.suggestNext(job, session, settings));
  }

  openFeeding(job: JobId, session: JobId, text: string, unknown: "bytes" | "error"): Promise<void> {
    return this.#call((remote) => remote.openFeeding(job, session, text, unknown));
  }

  feedChunk(job: JobId): Promise<boolean> {
    return this.#call((remote) => remote.feedChunk(job));
  }

  openSessionSampling(job: JobId, session: JobId, settings: ContinuationSettings): Promise<void> {
    return this.#call((remote) => remote.openSessionSampling(job, session, settings));
  }

  undo(job: JobId, chunks: number): Promise<void> {
    return this.#call((remote) => remote.undo(job, chunks));
  }

  openFilling(job: JobId, settings: FillSettings): Promise<void> {
    return this.#call((remote) => remote.openFilling(job, settings));
  }

  fillChunk(job: JobId): Promise<string | undefined> {
    return this.#call((remote) => remote.fillChunk(job));
  }

  openEvaluation(job: JobId, source: ResolvedSource, settings: EvaluateSettings): Promise<void> {
    return this.#call((remote) => remote.openEvaluation(job, handedOver(source), settings));
  }

  evaluationChunk(job: JobId): Promise<Evaluation | undefined> {
    return this.#call((remote) => remote.evaluationChunk(job));
  }

  openScoring(job: JobId, text: string, settings: ScoreSettings): Promise<void> {
    return this.#call((remote) => remote.openScoring(job, text, settings));
  }

  scoreChunk(job: JobId): Promise<ScoreChunk> {
    return this.#call((remote) => remote.scoreChunk(job));
  }

  openEmbedding(job: JobId, text: string, settings: EmbedSettings): Promise<void> {
    return this.#call((remote) => remote.openEmbedding(job, text, settings));
  }

  embedChunk(job: JobId): Promise<Float32Array | undefined> {
    return this.#call((remote) => remote.embedChunk(job));
  }

  openActivations(job: JobId, text: string, settings: ConditionSettings): Promise<void> {
    return this.#call((remote) => remote.openActivations(job, text, settings));
  }

  activationsChunk(job: JobId): Promise<Activations | undefined> {
    return this.#call((remote) => remote.activationsChunk(job));
  }

  inputGradient(text: string, settings: InputGradientSettings): Promise<InputGradient> {
    return this.#call((remote) => remote.inputGradient(text, settings));
  }

  openOverlap(job: JobId, text: string, source: ResolvedSource, minLength: number): Promise<void> {
    return this.#call((remote) => remote.openOverlap(job, text, handedOver(source), minLength));
  }

  overlapChunk(job: JobId): Promise<Overlap | undefined> {
    return this.#call((remote) => remote.overlapChunk(job));
  }

  encode(text: string): Promise<Encoding> {
    return this.#call((remote) => remote.encode(text));
  }

  decodeEach(tokens: Uint32Array): Promise<readonly string[]> {
    return this.#call((remote) => remote.decodeEach(tokens));
  }

  tokenizer(): Promise<string> {
    return this.#call((remote) => remote.tokenizer());
  }

  gradientFlow(source: ResolvedSource, settings: GradientSettings): Promise<GradientFlow> {
    return this.#call((remote) => remote.gradientFlow(handedOver(source), settings));
  }

  sizeInSymbols(source: ResolvedSource, tokenizer: TokenizerSettings): Promise<SourceSize> {
    return this.#call((remote) => remote.sizeInSymbols(handedOver(source), tokenizer));
  }

  parameterCount(options: ModelOptions, vocabularySize: number): Promise<number> {
    return this.#call((remote) => remote.parameterCount(options, vocabularySize));
  }

  memoryEstimate(options: ModelOptions, settings: TrainSettings, size: SourceSize): Promise<number> {
    return this.#call((remote) => remote.memoryEstimate(options, settings, size));
  }

  close(job: JobId): Promise<void> {
    return this.#call((remote) => remote.close(job));
  }

  /** Ends the worker, whatever it is doing; the memory goes with it. */
  async dispose(): Promise<void> {
    this.#endWith(disposed());
    await this.#worker.terminate();
  }

  #call<Result>(send: (remote: Remote<EngineApi>) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      const settle = (): void => {
        this.#rejectPending.delete(reject);
        // Not after the end: that would take from terminate() the hold on the process that it needs to finish.
        if (this.#rejectPending.size === 0 && this.#end === undefined) this.#worker.keepAlive(false);
      };
      this.#worker.keepAlive(true);
      this.#rejectPending.add(reject);
      const answered = (): void => {
        this.#hasAnswered = true;
        settle();
      };
      send(this.#remote).finally(answered).then(resolve, reject);
    });
  }

  #endWith(error: MynahError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const reject of this.#rejectPending) reject(error);
    this.#rejectPending.clear();
    this.#worker.keepAlive(false);
  }
}

/** A source that nobody else needs: what was read from a file moves to the worker instead of being copied. */
function handedOver(source: ResolvedSource): ResolvedSource {
  if (source.documents !== undefined || typeof source.text === "string") return source;
  return transfer(
    source,
    source.text.pieces.map(({ buffer }) => buffer),
  );
}

function transferred(ports: Ports): Ports {
  return transfer(
    ports,
    ports.filter((port) => port !== undefined),
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
