import { nextTask } from "#platform";
import type { JobId, SampleChunk, ScoreChunk, TrainChunk } from "./engine-api.js";
import { Engine } from "./engine.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import type { GradientSettings, InputGradientSettings } from "../options/insight-types.js";
import type { CompletionSettings } from "../options/session-types.js";
import type { Activations, Completion, Evaluation, GradientFlow, InputGradient, Overlap } from "../types.js";

export { instantiatedBuild } from "../wasm/instance.js";

/** The engine in the caller's own thread: lets the event loop turn before each slice of work, and before what is done in one go. */
export class InProcessEngine extends Engine {
  override async trainChunk(job: JobId): Promise<TrainChunk | undefined> {
    await nextTask();
    return super.trainChunk(job);
  }

  override async sampleChunk(job: JobId): Promise<SampleChunk> {
    await nextTask();
    return super.sampleChunk(job);
  }

  override async feedChunk(job: JobId): Promise<boolean> {
    await nextTask();
    return super.feedChunk(job);
  }

  override async fillChunk(job: JobId): Promise<string | undefined> {
    await nextTask();
    return super.fillChunk(job);
  }

  override async scoreChunk(job: JobId): Promise<ScoreChunk> {
    await nextTask();
    return super.scoreChunk(job);
  }

  override async activationsChunk(job: JobId): Promise<Activations | undefined> {
    await nextTask();
    return super.activationsChunk(job);
  }

  override async overlapChunk(job: JobId): Promise<Overlap | undefined> {
    await nextTask();
    return super.overlapChunk(job);
  }

  override async embedChunk(job: JobId): Promise<Float32Array | undefined> {
    await nextTask();
    return super.embedChunk(job);
  }

  override async evaluationChunk(job: JobId): Promise<Evaluation | undefined> {
    await nextTask();
    return super.evaluationChunk(job);
  }

  override async suggestNext(
    job: JobId,
    session: JobId,
    settings: CompletionSettings,
  ): Promise<Completion[]> {
    await nextTask();
    return super.suggestNext(job, session, settings);
  }

  override async inputGradient(text: string, settings: InputGradientSettings): Promise<InputGradient> {
    await nextTask();
    return super.inputGradient(text, settings);
  }

  override async gradientFlow(source: ResolvedSource, settings: GradientSettings): Promise<GradientFlow> {
    await nextTask();
    return super.gradientFlow(source, settings);
  }
}
