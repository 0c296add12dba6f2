// What a model writes: methods of `TextModel`, and of `Pool`, with what they need of the model.
import { abortable } from "./abort.js";
import { resolveSource } from "./corpora/text-source.js";
import { MynahError } from "./errors.js";
import { randomSeed, type Host, type Jobs } from "./jobs.js";
import { checkOptions } from "./options/check.js";
import { FILL_DEFAULTS } from "./options/defaults.js";
import type { FillOptions, SampleManyOptions, SampleOptions } from "./options/types.js";

/** {@link TextModel.sample} and {@link TextModel.sampleMany}, with options that were checked. */
export async function* write(
  jobs: Jobs<Host>,
  options: SampleOptions & Partial<SampleManyOptions>,
): AsyncGenerator<string, void, undefined> {
  const { signal, notInCorpus, ...settings } = options;
  const corpus =
    notInCorpus === undefined ? undefined : await abortable(signal, () => resolveSource(notInCorpus, signal));
  const seed = settings.seed ?? randomSeed();
  yield* jobs.write(signal, (job) => jobs.engine.openSampling(job, { ...settings, seed }, corpus));
}

/** {@link TextModel.fill} */
export async function fill(jobs: Jobs, options: FillOptions): Promise<string> {
  checkOptions("fill", options);
  const { signal, ...settings } = options;
  if (settings.text === undefined) {
    throw new MynahError("missing-option", "A text is missing: give text, with blanks in it");
  }
  const isBold = (settings.temperature ?? FILL_DEFAULTS.temperature) > 0;
  // At temperature 0 one asks for the likeliest text, not for a new one each time.
  const seed = settings.seed ?? (isBold ? randomSeed() : undefined);
  return jobs.run(
    signal,
    (job) => jobs.engine.openFilling(job, { ...settings, seed }),
    (job) => jobs.engine.fillChunk(job),
  );
}
