import { autosavePlace, openModelStore, runFile } from "#platform";
import { checkName } from "./model-store.js";
import type { AutosaveOptions } from "./options.js";
import { MynahError, toMynahError } from "../errors.js";
import { AUTOSAVE_DEFAULTS } from "../options/defaults.js";
import type { AutosaveReport } from "../types.js";

/** What is saved. */
export interface Saveable {
  saveCheckpoint(): Promise<Uint8Array>;
  save(): Promise<Uint8Array>;
}

/** Where to. What was there before is there until the new file is whole. */
export interface SavePlace {
  /** Writes a checkpoint, or the model of a run that is over. */
  write(file: Uint8Array, isOver: boolean): Promise<void>;
  /** Where the finished model is now whose place a checkpoint has taken, if it is kept anywhere. */
  readonly previous?: string | undefined;
}

/** Saves a run from time to time. What goes wrong with that is told and ends nothing; the next time it is tried again. */
export class Autosave {
  readonly #saved: Saveable;
  readonly #place: SavePlace;
  readonly #milliseconds: number;
  #savedAt = performance.now();

  /** @param seconds - time between two saves */
  constructor(saved: Saveable, place: SavePlace, seconds: number) {
    this.#saved = saved;
    this.#place = place;
    this.#milliseconds = seconds * 1000;
  }

  /** To be called between steps: saves a checkpoint where it is time. `undefined` where it is not, or the run has just ended. */
  async tick(): Promise<AutosaveReport | undefined> {
    if (performance.now() - this.#savedAt < this.#milliseconds) return undefined;
    const report = await this.#write(() => this.#saved.saveCheckpoint(), false);
    this.#savedAt = performance.now();
    // The run has come to its end meanwhile, and its model will be saved.
    return report.error?.code === "no-training-state" ? undefined : report;
  }

  /** To be called after the last step: saves the model. */
  end(): Promise<AutosaveReport> {
    return this.#write(() => this.#saved.save(), true);
  }

  async #write(make: () => Promise<Uint8Array>, isOver: boolean): Promise<AutosaveReport> {
    try {
      const file = await make();
      await this.#place.write(file, isOver);
      const { previous } = this.#place;
      return { bytes: file.length, ...(previous === undefined ? {} : { previous }) };
    } catch (error) {
      return { error: toMynahError(error) };
    }
  }
}

/** A place that is found anew each time that it is written to: what was in the way may be gone. */
export interface FoundPlace extends SavePlace {
  /** Finds out what could stop the writing. */
  check(): Promise<unknown>;
}

/** Where a run will be saved, and how often. */
export interface AutosavePlan {
  /** Between two saves. */
  readonly everySeconds: number;
  readonly place: FoundPlace;
}

/**
 * Reads the option of a run. Nothing is opened yet.
 *
 * @throws MynahError `missing-option`, `contradictory-options`, or `invalid-option`, also for a place that only the other platform has.
 */
export function planAutosave(options: AutosaveOptions | undefined): AutosavePlan | undefined {
  if (options === undefined) return undefined;
  const { name, file, everySeconds = AUTOSAVE_DEFAULTS.everySeconds } = options;
  if (!(everySeconds > 0)) {
    throw new MynahError("invalid-option", `everySeconds is ${everySeconds}, but must be above 0`);
  }
  if (name !== undefined && file !== undefined) {
    throw new MynahError(
      "contradictory-options",
      "autosave: name and file exclude each other; give one of them",
    );
  }
  if (file === "") throw new MynahError("invalid-option", 'autosave: file is "", but must be a path');
  if (file !== undefined) {
    refuseElsewhere(
      "file",
      "file is a path, and a page cannot write to the disk; give name, under which the browser keeps the model",
    );
    return { everySeconds, place: runFile(file) };
  }
  if (name === undefined) {
    throw new MynahError(
      "missing-option",
      "autosave: a place is missing: give name in a browser, or file in Node",
    );
  }
  checkName(name);
  refuseElsewhere("name", "only browsers keep models under a name; in Node give file, a path");
  return { everySeconds, place: underName(name) };
}

function refuseElsewhere(given: typeof autosavePlace, why: string): void {
  if (given !== autosavePlace) throw new MynahError("invalid-option", `autosave: ${why}`);
}

function underName(name: string): FoundPlace {
  return {
    check: openModelStore,
    write: async (bytes) => (await openModelStore()).write(name, bytes),
  };
}

/** The autosave of a run, and what can be said already against its place. */
export async function openAutosave(
  saved: Saveable,
  { everySeconds, place }: AutosavePlan,
): Promise<{ autosave: Autosave; report: AutosaveReport | undefined }> {
  const autosave = new Autosave(saved, place, everySeconds);
  try {
    await place.check();
    return { autosave, report: undefined };
  } catch (error) {
    return { autosave, report: { error: toMynahError(error) } };
  }
}
