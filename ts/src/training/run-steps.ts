import type { RunControl } from "./run-control.js";
import type { RunRecord } from "./run-record.js";
import { abortable } from "../abort.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { factsOf } from "../diagnosis/history.js";
import type { EngineApi, JobId } from "../engine/engine-api.js";
import type { RunOptions, RunSettings, TrainSettings } from "../options/types.js";
import { Crew, type Running } from "../parallel/crew.js";
import { openAutosave, type AutosavePlan } from "../storage/autosave.js";
import type { AutosaveReport, Build, ModelInfo, TrainingPlan, TrainResult, TrainStep } from "../types.js";

/** The model that a run trains. */
export interface Trainee {
  readonly info: ModelInfo;
  readonly build: Build;
  readonly running: Running;
  /** Ends a job. Whoever holds this function keeps the model from being dropped. */
  readonly close: (job: JobId) => Promise<void>;
  /** Called when the run has begun, and the one before it can no longer go on. */
  readonly onBegin: () => void;
}

/** What a run does, as soon as its options are read. */
export interface Task {
  readonly options: RunOptions;
  readonly source: ResolvedSource;
  /** `undefined` for a run that goes on from a checkpoint. */
  readonly settings: TrainSettings | undefined;
  readonly autosave: AutosavePlan | undefined;
  open(job: JobId, run: RunSettings): Promise<TrainingPlan>;
}

/** A run's steps, pulled from the engine one after the other. Ends the job whatever happens. */
export async function* runSteps(
  { info, build, running, close, onBegin }: Trainee,
  control: RunControl,
  record: RunRecord,
  prepare: () => Promise<Task>,
): AsyncGenerator<TrainStep, TrainResult | undefined, undefined> {
  const { engine, job } = control;
  const { options, source, settings, autosave, open } = await prepare();
  const { signal, onStep, samples } = options;
  const saving = await abortable(signal, () => openSaving(engine, autosave));
  const crew = new Crew(engine, job);
  try {
    await control.open(async (dutyCycle) => {
      const plan = await abortable(signal, () => {
        running.crews.add(crew);
        crew.start(build, settings ?? {});
        return open(job, { dutyCycle, samples });
      });
      const { workers } = plan;
      record.begin(factsOf(info, plan, settings), plan);
      onBegin();
      if (workers > 1) {
        await abortable(signal, () => crew.gather({ build, workers, source, settings }));
      } else {
        void crew.dispose();
      }
    });
    for (;;) {
      const chunk = await abortable(signal, () => engine.trainChunk(job));
      if (!(await control.maySpeak(signal))) return undefined;
      if (chunk === undefined) continue;
      const { step: done, result } = chunk;
      // The step is done, and a save that has begun comes to its end: both are told, and an abort meanwhile ends the next pull.
      const saved = await saving.after(result !== undefined);
      const step = saved === undefined ? done : { ...done, autosave: saved };
      record.add(step);
      await hear(onStep?.(step), signal);
      yield step;
      if (result !== undefined) return { ...result, ...record.finding };
    }
  } catch (error) {
    record.fail(error);
    throw error;
  } finally {
    record.end();
    // The step under way still needs the others.
    void close(job)
      .then(() => crew.dispose())
      .finally(() => running.crews.delete(crew));
  }
}

/** Waits for what `onStep` has promised, if it has: what that rejects with ends the run as what it throws does. */
async function hear(promised: unknown, signal: AbortSignal | undefined): Promise<void> {
  if (promised === undefined) return;
  const settled = Promise.resolve(promised);
  // After an abort nobody waits for it.
  settled.catch(() => undefined);
  await abortable(signal, () => settled);
}

/** The saving of a run while it goes on; none where it was not asked for. */
async function openSaving(
  engine: EngineApi,
  plan: AutosavePlan | undefined,
): Promise<{ after(isEnd: boolean): Promise<AutosaveReport | undefined> }> {
  if (plan === undefined) return { after: async () => undefined };
  const { autosave, report } = await openAutosave(engine, plan);
  let told = report;
  return {
    async after(isEnd) {
      const saved = isEnd ? await autosave.end() : await autosave.tick();
      const news = saved ?? told;
      told = undefined;
      return news;
    },
  };
}
