// What the runs of a model do. Each is called when the first step is asked for.
import type { Task, Trainee } from "./run-steps.js";
import { abortable } from "../abort.js";
import { resolveSource, withoutSource } from "../corpora/text-source.js";
import { checkOptions } from "../options/check.js";
import { extentOf } from "../options/presets.js";
import type { ResumeOptions, TrainOptions } from "../options/types.js";
import { plannedTraining } from "../planned-training.js";
import { planAutosave } from "../storage/autosave.js";
import { WorkerEngine } from "../worker/worker-engine.js";

/** That of `model.train`. */
export async function trainingTask({ info, running }: Trainee, options: TrainOptions): Promise<Task> {
  checkOptions("train", options);
  const { signal, onStep: _, dutyCycle: _share, samples: _samples, autosave: saving, ...rest } = options;
  const autosave = planAutosave(saving);
  const source = await abortable(signal, () => resolveSource(options, signal));
  const { engine } = running;
  const mayShare = engine instanceof WorkerEngine;
  const settings = plannedTraining(withoutSource(rest), info, extentOf(source, info), mayShare);
  const open: Task["open"] = (job, run) => engine.openTraining(job, source, settings, run);
  return { options, source, settings, autosave, open };
}

/** That of `model.resume`. */
export async function resumingTask({ running }: Trainee, options: ResumeOptions): Promise<Task> {
  checkOptions("resume", options);
  const { signal } = options;
  const autosave = planAutosave(options.autosave);
  const source = await abortable(signal, () => resolveSource(options, signal));
  const open: Task["open"] = (job, run) => running.engine.resumeTraining(job, source, run);
  return { options, source, settings: undefined, autosave, open };
}
