import { EXIT } from "../exit.js";
import { OutputFile } from "../files/output-file.js";
import {
  asArguments,
  chooseSource,
  nameOf,
  outputPath,
  readSource,
  type Source,
} from "../files/training-source.js";
import { pickOptions, type Flags } from "../flags.js";
import { Interruption, InterruptWatch } from "../interrupt.js";
import { nextCommands } from "../next-commands.js";
import { watchForClosedPipes, writeNote } from "../output.js";
import { withModel } from "../with-model.js";
import { chooseTrainView } from "../view/choose-view.js";
import { writeNextCommands, writePage } from "../view/epilogue.js";
import type { TrainOutcome, TrainView } from "../view/train-view.js";
import { MynahError, TextModel, type CorpusName, type TrainStep } from "../../index.js";

// What the live view shows, and what is left on the screen at the end.
const GLIMPSE = { length: 400, temperature: 0.7 };
const PAGE = { length: 600, temperature: 0.7 };

/** Flags that are not options of the library. */
interface OwnFlags {
  readonly corpus?: CorpusName;
  readonly out?: string;
  readonly json?: true;
}

/** `mynah train`: learns a text, shows how it goes, saves the model. Returns the exit status. */
export async function train(file: string | undefined, flags: Flags & OwnFlags): Promise<number> {
  const source = chooseSource(file, flags.corpus);
  const output = await OutputFile.check(outputPath(source, flags.out));
  const text = await readSource(source);

  const interrupts = new InterruptWatch(() => output.discard());
  watchForClosedPipes(() => interrupts.interrupt());
  const view = chooseTrainView(flags.json === true);
  try {
    return await trainAndSave({ source, text, flags, output, view, signal: interrupts.signal });
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
  readonly output: OutputFile;
  readonly view: TrainView;
  readonly signal: AbortSignal;
}

async function trainAndSave({ source, text, flags, output, view, signal }: Job): Promise<number> {
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
    const bytes = await model.save();
    await output.write(bytes);
    view.end();
    view.saved({ path: output.path, bytes: bytes.length, ...run });
    if (run.isInterrupted) return EXIT.interrupted;
    if (flags.json !== true) await writeEpilogue(model, source, text, output.path, signal);
    return EXIT.done;
  });
}

/**
 * Trains to the end, or up to the interruption.
 *
 * @throws Interruption when it comes before the first step.
 */
async function runTraining(
  model: TextModel,
  options: { text: string; signal: AbortSignal },
  view: TrainView,
): Promise<Pick<TrainOutcome, "result" | "isInterrupted">> {
  let last: TrainStep | undefined;
  try {
    const steps = model.train(options);
    for (;;) {
      const next = await steps.next();
      if (next.done === true) return { result: next.value, isInterrupted: false };
      last = next.value;
      view.step(last);
      if (view.wantsSample()) view.sample(await glimpse(model, last.step, options.signal));
    }
  } catch (error) {
    if (!(error instanceof Interruption) || last === undefined) throw error;
    view.stopping();
    return { result: resultSoFar(last), isInterrupted: true };
  }
}

/** What the model writes by now; nothing when it is diverging, of which the next step tells more than this could. */
async function glimpse(model: TextModel, seed: number, signal: AbortSignal): Promise<string> {
  try {
    return await model.sampleText({ ...GLIMPSE, seed, signal });
  } catch (error) {
    if (error instanceof MynahError && error.code === "non-finite-loss") return "";
    throw error;
  }
}

function resultSoFar(last: TrainStep): TrainOutcome["result"] {
  const { step, epoch, loss, validationLoss, tokens, tokensPerSecond, elapsedSeconds } = last;
  const validation = validationLoss === undefined ? {} : { validationLoss };
  return {
    steps: step,
    epochs: epoch,
    loss,
    ...validation,
    tokens,
    tokensPerSecond,
    seconds: elapsedSeconds,
  };
}

/** For people: a page of what the model writes now, and what to do with it. Ctrl-C here only cuts it short; the model is saved. */
async function writeEpilogue(
  model: TextModel,
  source: Source,
  text: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    writePage(await model.sampleText({ ...PAGE, signal }));
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  }
  writeNextCommands(nextCommands(path, asArguments(source), text));
}

/** Unicode scalar values, which are the model's symbols. */
function countSymbols(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
