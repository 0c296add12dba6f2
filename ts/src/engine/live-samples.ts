import { SamplingJob } from "./sampling-job.js";
import type { Progress } from "./validation-schedule.js";
import { MynahError, toMynahError } from "../errors.js";
import { LIVE_SAMPLE_DEFAULTS } from "../options/defaults.js";
import type { LiveSampleSettings, SampleSettings } from "../options/types.js";
import { isInstanceAlive } from "../wasm/instance.js";
import type { Model } from "../wasm/glue.js";

/** Writes a sample between two steps from time to time. What it writes with changes nothing of the run. */
export class LiveSamples {
  readonly #settings: SampleSettings;
  readonly #everySteps: number | undefined;
  readonly #everySeconds: number;
  // The first one soon: noise, so that one sees where it starts from.
  #secondsAtLast = -Infinity;
  #stepOfLast = 0;
  #job: SamplingJob | undefined;
  #text = "";

  /**
   * @throws MynahError `invalid-option`, `contradictory-options`, and at once what the first sample would: `unknown-symbol` for instance.
   */
  constructor(model: Model, { everySteps, everySeconds, ...settings }: LiveSampleSettings) {
    if (everySteps !== undefined && everySeconds !== undefined) {
      throw new MynahError(
        "contradictory-options",
        "everySteps and everySeconds exclude each other; give one of them",
      );
    }
    if (everySeconds !== undefined && !(everySeconds > 0)) {
      throw new MynahError("invalid-option", `everySeconds is ${everySeconds}, but must be above 0`);
    }
    this.#settings = { length: LIVE_SAMPLE_DEFAULTS.length, ...settings };
    this.#everySteps = everySteps;
    this.#everySeconds = everySeconds ?? LIVE_SAMPLE_DEFAULTS.everySeconds;
    try {
      this.#newJob(model, 0).free();
    } catch (error) {
      const { code, message } = toMynahError(error);
      throw new MynahError(code, `samples: ${message}`, { cause: error });
    }
  }

  /** Whether a sample is being written. */
  get isWriting(): boolean {
    return this.#job !== undefined;
  }

  /** Whether one is to be written after this step. */
  isDue({ step, elapsedSeconds }: Pick<Progress, "step" | "elapsedSeconds">): boolean {
    if (step === this.#stepOfLast) return false;
    if (this.#everySteps !== undefined) return step % this.#everySteps === 0;
    return elapsedSeconds - this.#secondsAtLast >= this.#everySeconds;
  }

  begin(model: Model, { step, elapsedSeconds }: Pick<Progress, "step" | "elapsedSeconds">): void {
    [this.#stepOfLast, this.#secondsAtLast, this.#text] = [step, elapsedSeconds, ""];
    this.#job = this.#newJob(model, step);
  }

  /** Writes on for a slice. The text once it is whole; one that fails, of a model that is damaged for instance, is as far as it came. */
  advance(model: Model): string | undefined {
    try {
      const { texts, finished } = this.#job?.advance(model) ?? { texts: [], finished: true };
      this.#text += texts.join("");
      if (!finished) return undefined;
    } catch (error) {
      // The next step tells more if it matters.
      if (!isInstanceAlive()) throw error;
    }
    this.end();
    return this.#text;
  }

  /** Gives up what is being written. */
  end(): void {
    this.#job?.free();
    this.#job = undefined;
  }

  #newJob(model: Model, step: number): SamplingJob {
    return new SamplingJob(model, { seed: step, ...this.#settings });
  }
}
