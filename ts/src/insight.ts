// What goes on inside a model while it reads: each is a method of `TextModel`, with what it needs of the model.
import { abortable } from "./abort.js";
import { resolveSource, withoutSource } from "./corpora/text-source.js";
import { MynahError } from "./errors.js";
import type { Jobs } from "./jobs.js";
import { checkOptions } from "./options/check.js";
import type {
  ActivationsOptions,
  EmbedOptions,
  GradientOptions,
  InputGradientOptions,
} from "./options/insight-types.js";
import type { Call } from "./options/table.js";
import type { Activations, GradientFlow, InputGradient } from "./types.js";

/** An options object of a text alone. */
export function asTextOptions<Options extends { text: string }>(
  call: Call,
  options: string | Options,
): Options | { text: string } {
  const given = typeof options === "string" ? { text: options } : options;
  checkOptions(call, given);
  if (given.text !== undefined) return given;
  throw new MynahError("missing-option", "A text is missing: give text");
}

/** {@link TextModel.embed} */
export async function embed(jobs: Jobs, options: string | EmbedOptions): Promise<Float32Array> {
  const { signal, text, ...settings }: EmbedOptions = asTextOptions("embed", options);
  return jobs.run(
    signal,
    (job) => jobs.engine.openEmbedding(job, text, settings),
    (job) => jobs.engine.embedChunk(job),
  );
}

/** {@link TextModel.activations} */
export async function activations(jobs: Jobs, options: string | ActivationsOptions): Promise<Activations> {
  const { signal, text, ...settings }: ActivationsOptions = asTextOptions("activations", options);
  return jobs.run(
    signal,
    (job) => jobs.engine.openActivations(job, text, settings),
    (job) => jobs.engine.activationsChunk(job),
  );
}

/** {@link TextModel.inputGradient} */
export async function inputGradient(
  jobs: Jobs,
  options: string | InputGradientOptions,
): Promise<InputGradient> {
  const { signal, text, ...settings }: InputGradientOptions = asTextOptions("inputGradient", options);
  return abortable(signal, () => jobs.engine.inputGradient(text, settings));
}

/** {@link TextModel.gradientFlow} */
export async function gradientFlow(jobs: Jobs, options: GradientOptions): Promise<GradientFlow> {
  checkOptions("gradientFlow", options);
  const { signal, ...rest } = options;
  const source = await abortable(signal, () => resolveSource(options, signal));
  return abortable(signal, () => jobs.engine.gradientFlow(source, withoutSource(rest)));
}
