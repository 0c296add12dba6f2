// Every call that takes time, so that what holds for all of them is tested with all of them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPool,
  memoryEstimate,
  overlap,
  suggest,
  TextModel,
  type CreateOptions,
  type Pool,
  type Session,
} from "mynah";
import { quick, small, text } from "./models.js";

/** A call, begun: what it comes to. */
export type Begin<Subject> = (
  subject: Subject,
  more?: { signal?: AbortSignal | undefined },
) => Promise<unknown>;

/** One call of something that is there already. */
export interface Call<Subject> {
  readonly name: keyof Subject & string;
  readonly begin: Begin<Subject>;
  /** Whether it takes a signal. */
  readonly isAbortable: boolean;
  /** Models that it needs, where that is not any. */
  readonly options?: Partial<CreateOptions>;
  /** What has to be done before. */
  readonly prepare?: (subject: Subject) => Promise<void>;
}

/** Reads to the end. */
async function all(pieces: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of pieces) count += 1;
  return count;
}

/** Told one by one. */
const steps = { text, ...quick, steps: 6, evaluateEvery: 1 } as const;

/** Leaves a training that can be gone on with. */
async function beginTraining(model: TextModel): Promise<void> {
  for await (const _ of model.train(steps)) break;
}

const sentence = "the cat saw milk by the river.";

/** Of a model. */
export const modelCalls: readonly Call<TextModel>[] = [
  { name: "train", isAbortable: true, begin: async (model, more) => model.train({ ...steps, ...more }) },
  {
    name: "resume",
    isAbortable: true,
    begin: async (model, more) => model.resume({ text, ...more }),
    prepare: beginTraining,
  },
  { name: "lastTraining", isAbortable: false, begin: (model) => model.lastTraining() },
  { name: "sample", isAbortable: true, begin: (model, more) => all(model.sample({ length: 30, ...more })) },
  {
    name: "sampleText",
    isAbortable: true,
    begin: (model, more) => model.sampleText({ length: 30, ...more }),
  },
  {
    name: "sampleStream",
    isAbortable: true,
    begin: async (model, more) => new Response(model.sampleStream({ length: 30, ...more })).text(),
  },
  {
    name: "sampleMany",
    isAbortable: true,
    begin: (model, more) => all(model.sampleMany({ count: 3, length: 9, ...more })),
  },
  { name: "session", isAbortable: true, begin: (model, more) => model.session(more) },
  {
    name: "fill",
    isAbortable: true,
    begin: (model, more) => model.fill({ text: "the c_t saw", ...more }),
    options: { bidirectional: true },
  },
  { name: "evaluate", isAbortable: true, begin: (model, more) => model.evaluate({ text, ...more }) },
  { name: "score", isAbortable: true, begin: (model, more) => model.score({ text, ...more }) },
  { name: "embed", isAbortable: true, begin: (model, more) => model.embed({ text, ...more }) },
  { name: "activations", isAbortable: true, begin: (model, more) => model.activations({ text, ...more }) },
  {
    name: "inputGradient",
    isAbortable: true,
    begin: (model, more) => model.inputGradient({ text: sentence, ...more }),
  },
  { name: "gradientFlow", isAbortable: true, begin: (model, more) => model.gradientFlow({ text, ...more }) },
  { name: "encode", isAbortable: false, begin: (model) => model.encode(sentence) },
  { name: "decode", isAbortable: false, begin: (model) => model.decode([1, 2, 3]) },
  {
    name: "exportTokenizer",
    isAbortable: false,
    begin: (model) => model.exportTokenizer(),
    options: { tokenizer: "bytes" },
  },
  { name: "save", isAbortable: false, begin: (model) => model.save() },
  {
    name: "saveCheckpoint",
    isAbortable: false,
    begin: (model) => model.saveCheckpoint(),
    prepare: beginTraining,
  },
];

/** A call that waits for more than others of its name do. */
export interface Variant {
  readonly what: string;
  readonly begin: Begin<TextModel>;
  readonly prepare?: (model: TextModel) => Promise<void>;
  /** Whether an abort can come so late that the call comes to its end all the same. */
  readonly mayBeLate?: boolean;
}

/** A text that arrives in pieces, once. */
async function* arriving(): AsyncGenerator<string, void> {
  for (let at = 0; at < text.length; at += 400) yield text.slice(at, at + 400);
}

/** Trainings that wait for other workers, for a disk, for a sample or for their text. */
export const variants: readonly Variant[] = [
  {
    what: "a training of two workers",
    begin: async (model, more) => model.train({ ...steps, steps: 3, workers: 2, ...more }),
  },
  {
    what: "a training that saves itself",
    // Whatever is being saved is saved first, and after the last step the run is over.
    mayBeLate: true,
    async begin(model, more) {
      const folder = await mkdtemp(join(tmpdir(), "mynah-calls-"));
      const autosave = { file: join(folder, "notes.safetensors"), everySeconds: 1e-9 };
      try {
        return await model.train({ ...steps, autosave, ...more });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
  {
    what: "a training with samples",
    begin: async (model, more) =>
      model.train({ ...steps, samples: { everySteps: 1, length: 9, prompt: "the " }, ...more }),
  },
  {
    what: "a training on a text that arrives",
    begin: async (model, more) => model.train({ ...steps, text: arriving(), ...more }),
  },
  {
    what: "a resumed training on a text that arrives",
    // Each time anew: one that an abort caught at its very end has nothing left to go on with.
    begin: async (model, more) => {
      await beginTraining(model);
      await model.resume({ text: arriving(), ...more });
    },
  },
  {
    what: "an evaluation of a text that arrives",
    begin: (model, more) => model.evaluate({ text: arriving(), ...more }),
  },
  {
    what: "a creation from a text that arrives",
    begin: async (_, more) => (await TextModel.create({ text: arriving(), ...small, ...more })).dispose(),
  },
];

/** Of a session, of a model or of a pool. */
export const sessionCalls: readonly Call<Session>[] = [
  { name: "feed", isAbortable: true, begin: (session, more) => session.feed(sentence, more) },
  {
    name: "sample",
    isAbortable: true,
    begin: (session, more) => all(session.sample({ length: 30, ...more })),
  },
  {
    name: "sampleText",
    isAbortable: true,
    begin: (session, more) => session.sampleText({ length: 30, ...more }),
  },
  {
    name: "sampleStream",
    isAbortable: true,
    begin: async (session, more) => new Response(session.sampleStream({ length: 30, ...more })).text(),
  },
  { name: "suggest", isAbortable: true, begin: (session, more) => session.suggest(more) },
  { name: "fork", isAbortable: false, begin: (session) => session.fork() },
  {
    name: "blend",
    isAbortable: false,
    begin: (session) => session.blend(session),
    prepare: (session) => session.feed("the"),
  },
  { name: "save", isAbortable: false, begin: (session) => session.save() },
];

/** Of a pool. */
export const poolCalls: readonly Call<Pool>[] = [
  { name: "session", isAbortable: true, begin: (pool, more) => pool.session(more) },
  { name: "sample", isAbortable: true, begin: (pool, more) => all(pool.sample({ length: 30, ...more })) },
  { name: "sampleText", isAbortable: true, begin: (pool, more) => pool.sampleText({ length: 30, ...more }) },
  {
    name: "sampleStream",
    isAbortable: true,
    begin: async (pool, more) => new Response(pool.sampleStream({ length: 30, ...more })).text(),
  },
];

/** Those that start a worker themselves. What they make is disposed of at once. */
export const startingCalls: readonly { readonly name: string; readonly begin: Begin<Uint8Array> }[] = [
  {
    name: "TextModel.create",
    begin: async (_, more) => (await TextModel.create({ text, ...small, ...more })).dispose(),
  },
  { name: "TextModel.load", begin: async (file, more) => (await TextModel.load(file, more)).dispose() },
  {
    name: "TextModel.load with growAlphabet",
    begin: async (file, more) =>
      (await TextModel.load(file, { growAlphabet: { text: "éàü" }, ...more })).dispose(),
  },
  {
    name: "createPool",
    begin: async (model, more) => (await createPool({ model, workers: 2, ...more })).dispose(),
  },
  { name: "memoryEstimate", begin: (_, more) => memoryEstimate({ text, ...small, ...more }) },
  { name: "overlap", begin: (_, more) => overlap(sentence, text, more) },
  { name: "suggest", begin: (_, more) => suggest(text, { seconds: 1, ...more }) },
];

/** The methods of a class that take time; ends are tested by themselves. */
export function methodsOf(prototype: object): string[] {
  const ends = ["constructor", "dispose"];
  const isMethod = (name: string): boolean =>
    typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === "function";
  return Object.getOwnPropertyNames(prototype).filter((name) => isMethod(name) && !ends.includes(name));
}
