import { EXIT, explainFailure } from "../exit.js";
import { TrainedFiles } from "../files/trained-files.js";
import { chooseSource, nameOf, outputPath, readSource, type Source } from "../files/training-source.js";
import { pickOptions, type Flags } from "../flags.js";
import { Interruption, InterruptWatch } from "../interrupt.js";
import { nextCommands } from "../next-commands.js";
import { watchForClosedPipes, writeNote } from "../output.js";
import { withModel } from "../with-model.js";
import { runTraining, type FailedRun } from "../run-training.js";
import { chooseTrainView } from "../view/choose-view.js";
import { writeNextCommands, writePage } from "../view/epilogue.js";
import { formatBytes, formatSteps } from "../view/format.js";
import type { TrainView } from "../view/train-view.js";
import { MynahError, TextModel, type CorpusName } from "../../index.js";

// What is left on the screen at the end, before it is cut where a sentence ends.
const PAGE = { length: 700 };

/** Flags that are not options of the library. */
interface OwnFlags {
  readonly corpus?: CorpusName;
  readonly out?: string;
  readonly json?: true;
}

/** `mynah train`: learns a text, shows how it goes, saves the model. Returns the exit status. */
export async function train(file: string | undefined, flags: Flags & OwnFlags): Promise<number> {
  const source = chooseSource(file, flags.corpus);
  const files = await TrainedFiles.check(outputPath(source, flags.out));
  const text = await readSource(source);

  const interrupts = new InterruptWatch(() => files.discard());
  watchForClosedPipes(() => interrupts.interrupt());
  const view = chooseTrainView(flags.json === true);
  try {
    return await trainAndSave({ source, text, flags, files, view, signal: interrupts.signal });
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    view.end();
    writeNote("Interrupted before anything was learnt; nothing was saved.");
    return EXIT.interrupted;
  } finally {
    view.end();
    interrupts.stop();
  }
}

interface Job {
  readonly source: Source;
  readonly text: string;
  readonly flags: Flags & OwnFlags;
  readonly files: TrainedFiles;
  readonly view: TrainView;
  readonly signal: AbortSignal;
}

async function trainAndSave({ source, text, flags, files, view, signal }: Job): Promise<number> {
  const { corpus: _, ...modelOptions } = pickOptions("create", flags);
  const { corpus: __, ...trainOptions } = pickOptions("train", flags);
  return withModel(TextModel.create({ ...modelOptions, text, signal }), async (model) => {
    view.begin({
      info: model.info,
      build: model.build,
      textName: nameOf(source),
      symbols: countSymbols(text),
    });
    const run = await runTraining(model, { ...trainOptions, text, signal }, view);
    if (run.failure !== undefined) {
      view.end();
      await keepFailed(model, run, files);
      throw run.failure;
    }
    const bytes = await model.save();
    await files.wanted.write(bytes);
    view.end();
    view.saved({ path: files.wanted.path, bytes: bytes.length, hasReplaced: files.wanted.isThere, ...run });
    if (run.isInterrupted) return EXIT.interrupted;
    if (flags.json !== true) await writeEpilogue(model, text, files.wanted.path, signal);
    return EXIT.done;
  });
}

/**
 * Saves what a failed run had learnt, and says where: never in the place of a good model, which the file asked for may hold. The
 * failure itself is for the caller to report.
 */
async function keepFailed(
  model: TextModel,
  { failure, steps }: FailedRun,
  files: TrainedFiles,
): Promise<void> {
  // The model is gone with its engine.
  if (failure instanceof MynahError && failure.code === "worker-crashed") return;
  const after = `The run failed after ${formatSteps(steps)}`;
  try {
    const bytes = await model.save();
    const output = await files.openForFailure();
    await output.write(bytes);
    writeNote(`${after}. Saved what it had learnt: ${output.path} (${formatBytes(bytes.length)}).`);
  } catch (error) {
    writeNote(`${after}, and what it had learnt could not be saved: ${explainFailure(error).sentence}`);
  }
}

/** For people: a page of what the model writes now, and what to do with it. Ctrl-C here only cuts it short; the model is saved. */
async function writeEpilogue(
  model: TextModel,
  text: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    writePage(await model.sampleText({ ...PAGE, signal }));
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  }
  writeNextCommands(nextCommands(path, text));
}

/** Unicode scalar values, which are the model's symbols. */
function countSymbols(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
