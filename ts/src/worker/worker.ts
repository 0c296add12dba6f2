// What runs in the worker: one engine, exposed to the thread that started it.
import { expose, transfer } from "comlink";
import { parentEndpoint } from "#platform";
import { carryErrorsWhole } from "./thrown-errors.js";
import type { JobId } from "../engine/engine-api.js";
import { Engine } from "../engine/engine.js";

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
}

carryErrorsWhole();
expose(new ExposedEngine(), parentEndpoint());
