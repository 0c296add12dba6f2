import { abortable } from "./abort.js";
import { resolveSource, withoutSource } from "./corpora/text-source.js";
import type { Jobs } from "./jobs.js";
import { checkOptions } from "./options/check.js";
import type { EvaluateOptions } from "./options/insight-types.js";
import type { Evaluation } from "./types.js";

/** {@link TextModel.evaluate}, with what it needs of the model. */
export async function evaluate(jobs: Jobs, options: EvaluateOptions): Promise<Evaluation> {
  checkOptions("evaluate", options);
  const { signal, ...rest } = options;
  const source = await abortable(signal, () => resolveSource(options, signal));
  return jobs.run(
    signal,
    (job) => jobs.engine.openEvaluation(job, source, withoutSource(rest)),
    (job) => jobs.engine.evaluationChunk(job),
  );
}
