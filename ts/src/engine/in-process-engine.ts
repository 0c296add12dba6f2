import { nextTask } from "#platform";
import type { JobId, SampleChunk, TrainChunk } from "./engine-api.js";
import { Engine } from "./engine.js";
import type { Evaluation } from "../types.js";

/** The engine in the caller's own thread: lets the event loop turn before each slice of work. */
export class InProcessEngine extends Engine {
  override async trainChunk(job: JobId): Promise<TrainChunk | undefined> {
    await nextTask();
    return super.trainChunk(job);
  }

  override async sampleChunk(job: JobId): Promise<SampleChunk> {
    await nextTask();
    return super.sampleChunk(job);
  }

  override async fillChunk(job: JobId): Promise<string | undefined> {
    await nextTask();
    return super.fillChunk(job);
  }

  override async evaluationChunk(job: JobId): Promise<Evaluation | undefined> {
    await nextTask();
    return super.evaluationChunk(job);
  }
}
