import { LiveSamples } from "./live-samples.js";
import { Pace } from "./pace.js";
import { bytesOf } from "./source-bytes.js";
import type { JobSettings } from "./training-job.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { RUN_DEFAULTS } from "../options/defaults.js";
import type { RunSettings } from "../options/types.js";
import type { Model } from "../wasm/glue.js";

/** What a training has around it: its pace, what it counts in, and what it writes in between. */
export function surroundingsOf(model: Model, source: ResolvedSource, run: RunSettings): JobSettings {
  const { dutyCycle = RUN_DEFAULTS.dutyCycle, samples } = run;
  return {
    pace: new Pace(dutyCycle),
    bytes: bytesOf(source),
    samples: samples === undefined ? undefined : new LiveSamples(model, samples),
  };
}
