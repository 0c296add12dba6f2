import { Checkpoints } from "../checkpoints.js";
import { EXIT } from "../exit.js";
import { KeptText } from "../files/kept-text.js";
import { loadCheckpoint, loadToTrain } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { withTokenizerFile } from "../files/tokenizer-file.js";
import { TrainedFiles } from "../files/trained-files.js";
import { chooseSource, nameOf, outputPath, type Source } from "../files/training-source.js";
import { pickOptions, refuseOptions, type Flags } from "../flags.js";
import { Interruption, InterruptWatch } from "../interrupt.js";
import { keepFailed, pointToCheckpoint } from "../keep-failed.js";
import { nextCommands, nextFillCommands, resumeCommand } from "../next-commands.js";
import { watchForClosedPipes, writeNote } from "../output.js";
import { withModel } from "../with-model.js";
import { runTraining, type EndedRun } from "../run-training.js";
import { chooseTrainView } from "../view/choose-view.js";
import { describePrevious } from "../view/describe-run.js";
import { writeNextCommands, writePage } from "../view/epilogue.js";
import { cutAtSentence, tidy } from "../view/text-layout.js";
import type { TrainStart, TrainView } from "../view/train-view.js";
import {
  MynahError,
  TextModel,
  type CorpusName,
  type LiveSampleSettings,
  type TrainingRun,
} from "../../index.js";
import { memoryOfTraining } from "../../memory-estimate.js";
import { extentOf } from "../../options/presets.js";
import { pickFrom } from "../../options/spec.js";
import { TRAIN_TABLE } from "../../options/train-table.js";
import { plannedTraining } from "../../planned-training.js";

// What is left on the screen at the end, before it is cut where a sentence ends.
const PAGE = { length: 700 };

// Of a model of names or verses, so many of them.
const DOCUMENTS_ON_A_PAGE = 12;

/** Flags that are not options of the library. */
interface OwnFlags {
  readonly corpus?: CorpusName;
  readonly out?: string;
  readonly documents?: true;
  readonly resume?: string;
  readonly from?: string;
  readonly growAlphabet?: true;
  readonly autosave?: number;
  readonly sampleEvery?: number;
  readonly samplePrompt?: string;
  readonly json?: true;
}

/** `mynah train`: learns a text, shows how it goes, saves the model. Returns the exit status. */
export async function train(file: string | undefined, given: Flags & OwnFlags): Promise<number> {
  const flags = await withTokenizerFile(given);
  if (flags.resume !== undefined) {
    refuseOptions(["create", "train"], flags, ["corpus", "build", "dutyCycle", "autosave"], "--resume");
  }
  checkFrom(flags);
  refuseStdinTwice({ "the text": file, "--from": flags.from, "--resume": flags.resume });
  const source = chooseSource(file, flags.corpus);
  const out = outputPath(source, flags.out ?? flags.resume);
  const files = await TrainedFiles.check(out, flags.resume ?? flags.from);
  const text = await KeptText.read(source);

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

/**
 * Refuses what does not go with a model that is there already.
 *
 * @throws MynahError `contradictory-options` or `missing-option`.
 */
function checkFrom(flags: Flags & OwnFlags): void {
  if (flags.from === undefined) {
    if (flags.growAlphabet === undefined) return;
    throw new MynahError(
      "missing-option",
      "--grow-alphabet is for a model that there is: give it with --from",
    );
  }
  if (flags.resume !== undefined) {
    throw new MynahError(
      "contradictory-options",
      "--from and --resume exclude each other: a run goes on, or a new one begins with the model",
    );
  }
  // Those that training has, too.
  const shared = ["corpus", "documents", "preset", "seed", "build"];
  refuseOptions(["create"], flags, shared, "--from", "the model is made already");
}

interface Job {
  readonly source: Source;
  readonly text: KeptText;
  readonly flags: Flags & OwnFlags;
  readonly files: TrainedFiles;
  readonly view: TrainView;
  readonly signal: AbortSignal;
}

async function trainAndSave(job: Job): Promise<number> {
  const { flags, files, view } = job;
  return withModel(makeModel(job), async (model) => {
    const start = await startOf(model, job);
    const begin = (): void => showStart(start, job);
    const { path } = files.wanted;
    const file = { path, write: (bytes: Uint8Array) => files.writeCheckpoint(bytes) };
    const checkpoints = new Checkpoints(model, file, view, flags.autosave);
    // Only with its first step is it known that a checkpoint goes with this text.
    if (flags.resume === undefined) begin();
    const onFirstStep = flags.resume === undefined ? undefined : begin;
    const remains = { ...job, checkpoints };
    const tellOfPrevious = (): void => {
      if (files.previous !== undefined) writeNote(describePrevious(files.previous, path));
    };
    const course = { steps: stepsOf(model, job), checkpoints, onFirstStep };
    const run = await runTraining(model, course, view).catch(async (error: unknown) => {
      view.end();
      await pointToCheckpoint(remains);
      tellOfPrevious();
      throw error;
    });
    if (run.failure !== undefined) {
      view.end();
      await keepFailed(model, run, remains);
      tellOfPrevious();
      throw run.failure;
    }
    await save(model, run, job);
    if (run.isInterrupted) return EXIT.interrupted;
    if (flags.json !== true) await writeEpilogue(model, job);
    return EXIT.done;
  });
}

function makeModel({ text, flags, signal }: Job): Promise<TextModel> {
  if (flags.resume !== undefined) return loadCheckpoint(flags.resume, flags, signal);
  if (flags.from !== undefined) {
    const growth = flags.growAlphabet === true ? text.asSource(flags.documents === true) : undefined;
    return loadToTrain(flags.from, growth, flags, signal);
  }
  const { corpus: _, documents, ...options } = pickOptions("create", flags);
  return TextModel.create({ ...options, ...text.asSource(documents === true), signal });
}

async function startOf(model: TextModel, job: Job): Promise<TrainStart> {
  const { source, text, flags, signal } = job;
  const { info, build } = model;
  const start = { info, build, textName: nameOf(source), symbols: text.symbols };
  // How a checkpoint trains stands in the checkpoint.
  if (flags.resume !== undefined) return start;
  const learnt = await text.resolve(flags.documents === true, signal);
  const settings = plannedTraining(pickOptions("train", flags), info, extentOf(learnt, info), true);
  const memoryBytes = await memoryOfTraining(info, pickFrom(TRAIN_TABLE, settings), learnt, build);
  return { ...start, workers: settings.workers, memoryBytes };
}

function showStart(start: TrainStart, { files, view }: Job): void {
  if (files.willReplace) writeNote(`${files.wanted.path} is there already, and will be replaced.`);
  view.begin(start);
}

function stepsOf(model: TextModel, job: Job): TrainingRun {
  const { text, flags, signal } = job;
  const samples = samplesOf(model, job);
  if (flags.resume !== undefined) {
    const { corpus: _, autosave: _seconds, ...options } = pickOptions("resume", flags);
    return model.resume({ ...options, ...text.asSource(model.info.hasBoundary === true), samples, signal });
  }
  const { corpus: _, autosave: _seconds, documents, ...options } = pickOptions("train", flags);
  return model.train({ ...options, ...text.asSource(documents === true), samples, signal });
}

/** Those of the view, unless others are asked for. */
function samplesOf({ info }: TextModel, { flags, view }: Job): LiveSampleSettings | undefined {
  const { sampleEvery: everySeconds, samplePrompt = "" } = flags;
  // It cannot write.
  if (info.bidirectional === true) return undefined;
  const isAskedFor = everySeconds !== undefined || samplePrompt !== "";
  if (!isAskedFor && view.samples === undefined) return undefined;
  return { ...view.samples, prompt: samplePrompt, ...(everySeconds === undefined ? {} : { everySeconds }) };
}

/**
 * Saves the model of a run, or the checkpoint of one that was interrupted.
 *
 * @throws MynahError `unwritable-output` when the file had to go elsewhere, of which the view has told then.
 */
async function save(model: TextModel, run: EndedRun, { source, files, view }: Job): Promise<void> {
  const { isInterrupted } = run;
  const bytes = await (isInterrupted ? model.saveCheckpoint() : model.save());
  const { failure, ...written } = await (isInterrupted
    ? files.writeLastCheckpoint(bytes)
    : files.write(bytes));
  view.end();
  const goOn = isInterrupted ? { resumeCommand: resumeCommand(source, written.path) } : {};
  view.saved({ ...written, bytes: bytes.length, ...run, ...goOn });
  if (failure !== undefined) throw failure;
}

/** For people: a page of what the model writes now, and what to do with it. Ctrl-C here only cuts it short; the model is saved. */
async function writeEpilogue(model: TextModel, { text, files, signal }: Job): Promise<void> {
  if (model.info.bidirectional === true) {
    // It cannot write.
    writeNextCommands(nextFillCommands(files.wanted.path, text.beginning));
    return;
  }
  try {
    writePage(await samplePage(model, signal));
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  }
  writeNextCommands(nextCommands(files.wanted.path, text.beginning));
}

/** A text up to the last sentence that it has finished; of a model of names or verses, some of them. */
async function samplePage(model: TextModel, signal: AbortSignal): Promise<string> {
  if (model.info.hasBoundary !== true) {
    return cutAtSentence(tidy(await model.sampleText({ ...PAGE, signal })));
  }
  const documents: string[] = [];
  for (let i = 0; i < DOCUMENTS_ON_A_PAGE; i++) documents.push(await model.sampleText({ ...PAGE, signal }));
  return tidy(documents.filter((document) => document.trim() !== "").join("\n"));
}
