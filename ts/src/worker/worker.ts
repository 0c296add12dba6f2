// What runs in the worker: one engine, exposed to the thread that started it.
import { expose, transfer } from "comlink";
import { parentEndpoint } from "#platform";
import { carryErrorsWhole } from "./thrown-errors.js";
import { buffersOf } from "../engine/crossing.js";
import type { JobId } from "../engine/engine-api.js";
import { Engine } from "../engine/engine.js";
import type { Activations } from "../types.js";

class ExposedEngine extends Engine {
  override async save(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await super.save();
    return transfer(bytes, [bytes.buffer]);
  }

  override async saveSession(session: JobId): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await super.saveSession(session);
    return transfer(bytes, [bytes.buffer]);
  }

  override async saveCheckpoint(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await super.saveCheckpoint();
    return transfer(bytes, [bytes.buffer]);
  }

  override async activationsChunk(job: JobId): Promise<Activations | undefined> {
    const seen = await super.activationsChunk(job);
    return seen === undefined ? undefined : transfer(seen, buffersOf(seen));
  }
}

carryErrorsWhole();
expose(new ExposedEngine(), parentEndpoint());
