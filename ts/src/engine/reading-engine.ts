import { describe, ownBuffer } from "./crossing.js";
import type { JobId, ScoreChunk } from "./engine-api.js";
import { OverlapJob } from "./overlap-job.js";
import { ActivationsJob, EmbeddingJob, findInputGradient, ScoringJob } from "./reading-jobs.js";
import { FeedingJob, SessionJob, SessionReaders, SessionSamplingJob } from "./session-jobs.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { disposed, MynahError } from "../errors.js";
import type {
  ConditionSettings,
  EmbedSettings,
  InputGradientSettings,
  ScoreSettings,
} from "../options/insight-types.js";
import type { CompletionSettings, SessionSampleSettings, SessionSettings } from "../options/session-types.js";
import type { SampleSettings } from "../options/types.js";
import { fold, foldCharacters, foldSource, NO_FOLDING, type Folding } from "../tokenizer/folding.js";
import type { Activations, Completion, Encoding, InputGradient, Overlap } from "../types.js";
import type { Model } from "../wasm/glue.js";
import { callWasm, isInstanceAlive } from "../wasm/instance.js";

/** What is open under a number until it is closed, whatever it does. */
interface Job {
  free(): void;
}

/** The part of the engine that keeps sessions, and that reads texts to see what the model thinks of them. */
export abstract class ReadingEngine {
  protected readonly jobs = new Map<JobId, Job>();
  /** Of the model: what is done to a text before it is read. */
  protected folding: Folding = NO_FOLDING;
  #sessionReaders: SessionReaders | undefined;

  /** @throws MynahError `disposed` where there is no model any more. */
  protected abstract liveModel(): Model;

  async openSession(session: JobId, settings: SessionSettings): Promise<void> {
    const model = this.liveModel();
    this.jobs.set(session, SessionJob.open(model, this.#readers(model), settings));
  }

  async forkSession(session: JobId, fork: JobId): Promise<void> {
    this.jobs.set(fork, this.#openSession(session).fork());
  }

  async blendSessions(session: JobId, other: JobId, weight: number, blend: JobId): Promise<void> {
    const [first, second] = [this.#openSession(session), this.#openSession(other)];
    this.jobs.set(blend, first.blend(this.liveModel(), second, weight));
  }

  async saveSession(session: JobId): Promise<Uint8Array<ArrayBuffer>> {
    return ownBuffer(this.#openSession(session).save(this.liveModel()));
  }

  async suggestNext(_job: JobId, session: JobId, settings: CompletionSettings): Promise<Completion[]> {
    const model = this.liveModel();
    return this.#openSession(session).suggest(model, this.#readers(model), settings);
  }

  async openFeeding(job: JobId, session: JobId, text: string, unknown: "bytes" | "error"): Promise<void> {
    const owner = this.#openSession(session);
    this.jobs.set(job, new FeedingJob(this.liveModel(), owner, this.foldedText(text), unknown));
  }

  async feedChunk(job: JobId): Promise<boolean> {
    const model = this.liveModel();
    return this.openJob(job, FeedingJob).advance(model, this.#readers(model));
  }

  async openSessionSampling(job: JobId, session: JobId, settings: SessionSampleSettings): Promise<void> {
    const model = this.liveModel();
    const owner = this.#openSession(session);
    const folded = this.foldedWriting(settings);
    this.jobs.set(job, new SessionSamplingJob(model, this.#readers(model), owner, folded));
  }

  async undo(job: JobId, chunks: number): Promise<void> {
    const open = this.jobs.get(job);
    if (!isInstanceAlive()) return;
    if (open instanceof FeedingJob) open.undo();
    if (open instanceof SessionSamplingJob) open.undo(chunks);
  }

  async openScoring(job: JobId, text: string, settings: ScoreSettings): Promise<void> {
    this.jobs.set(job, new ScoringJob(this.liveModel(), this.foldedText(text), settings));
  }

  async scoreChunk(job: JobId): Promise<ScoreChunk> {
    return this.openJob(job, ScoringJob).advance(this.liveModel());
  }

  async openEmbedding(job: JobId, text: string, settings: EmbedSettings): Promise<void> {
    this.jobs.set(job, new EmbeddingJob(this.liveModel(), this.foldedText(text), settings));
  }

  async embedChunk(job: JobId): Promise<Float32Array | undefined> {
    return this.openJob(job, EmbeddingJob).advance(this.liveModel());
  }

  async openActivations(job: JobId, text: string, settings: ConditionSettings): Promise<void> {
    this.jobs.set(job, new ActivationsJob(this.liveModel(), this.foldedText(text), settings));
  }

  async activationsChunk(job: JobId): Promise<Activations | undefined> {
    return this.openJob(job, ActivationsJob).advance(this.liveModel());
  }

  async inputGradient(text: string, settings: InputGradientSettings): Promise<InputGradient> {
    return findInputGradient(this.liveModel(), this.foldedText(text), settings);
  }

  async openOverlap(job: JobId, text: string, source: ResolvedSource, minLength: number): Promise<void> {
    this.jobs.set(job, new OverlapJob(text, source, minLength));
  }

  async overlapChunk(job: JobId): Promise<Overlap | undefined> {
    return this.openJob(job, OverlapJob).advance();
  }

  async encode(text: string): Promise<Encoding> {
    const model = this.liveModel();
    const tokens = callWasm(() => model.encode(this.foldedText(text)));
    return { tokens, symbols: await this.decodeEach(tokens) };
  }

  async decodeEach(tokens: Uint32Array): Promise<readonly string[]> {
    const model = this.liveModel();
    return JSON.parse(callWasm(() => model.decodeEach(tokens))) as string[];
  }

  async tokenizer(): Promise<string> {
    const model = this.liveModel();
    return callWasm(() => model.tokenizer);
  }

  /** What the model reads of a text. */
  protected foldedText(text: string): string {
    return fold(text, this.folding);
  }

  /** What the model reads of a source. */
  protected folded(source: ResolvedSource): ResolvedSource {
    return foldSource(source, this.folding);
  }

  /**
   * Options of writing, with what they say of the text as the model writes it.
   *
   * @throws MynahError `invalid-option` for a banned character that the model writes as several.
   */
  protected foldedWriting<Settings extends SampleSettings>(settings: Settings): Settings {
    const { prompt, stop, banned } = settings;
    const folded = (text: string): string => this.foldedText(text);
    return {
      ...settings,
      ...(prompt === undefined ? {} : { prompt: folded(prompt) }),
      ...(stop === undefined ? {} : { stop: typeof stop === "string" ? folded(stop) : stop.map(folded) }),
      ...(banned === undefined ? {} : { banned: foldCharacters("banned", banned, this.folding) }),
    };
  }

  /** Of the model, whose symbols never change. */
  #readers(model: Model): SessionReaders {
    return (this.#sessionReaders ??= new SessionReaders(model, describe(model)));
  }

  /** @throws MynahError `disposed` of one that was closed. */
  #openSession(session: JobId): SessionJob {
    const open = this.jobs.get(session);
    if (open instanceof SessionJob) return open;
    this.liveModel();
    throw disposed("session");
  }

  /** Frees what all sessions share; they have been closed before. */
  protected freeReaders(): void {
    this.#sessionReaders?.free();
    this.#sessionReaders = undefined;
  }

  protected openJob<Kind>(job: JobId, kind: new (...args: never[]) => Kind): Kind {
    const open = this.jobs.get(job);
    if (open instanceof kind) return open;
    this.liveModel();
    throw new MynahError("internal", `Job ${job} is not open`);
  }
}
