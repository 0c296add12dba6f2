import { EXIT } from "../exit.js";
import { KeptText } from "../files/kept-text.js";
import { loadModel } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { pickOptions, type Flags } from "../flags.js";
import { forStdout, watchForClosedPipes, writeJsonLine, writeOut, writeOutPaced } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { withModel } from "../with-model.js";
import type { SampleManyOptions, SampleOptions, TextModel } from "../../index.js";

/** `mynah sample`: writes text, after its prompt, as it comes, or several texts. Returns the exit status. */
export async function sample(
  modelPath: string,
  flags: Flags & {
    readonly count?: number;
    readonly unique?: boolean;
    readonly notInCorpus?: string;
    readonly json?: true;
  },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const { count = 1, notInCorpus: path, ...others } = flags;
  refuseStdinTwice({ "the model": modelPath, "--not-in-corpus": path });
  const corpus = path === undefined ? undefined : await KeptText.read({ kind: "file", path });
  // A text that may have to be left out is not shown before it is whole.
  const isWhole = flags.count !== undefined || flags.unique === true || corpus !== undefined;
  const write = flags.json === true ? writeAsJson : isWhole ? writeMany : writeAsItComes;
  await withModel(loadModel(modelPath, flags), (model) => {
    const notInCorpus = corpus?.asSource(model.info.hasBoundary === true);
    return write(model, { ...pickOptions("sampleMany", others), count, notInCorpus });
  });
  return EXIT.done;
}

async function writeAsJson(model: TextModel, options: SampleManyOptions): Promise<void> {
  const beganAt = performance.now();
  for await (const text of model.sampleMany(options)) {
    const { tokens } = await model.encode(text);
    writeJsonLine({
      type: "sample",
      text,
      tokens: tokens.length,
      seconds: (performance.now() - beganAt) / 1000,
    });
  }
}

async function writeAsItComes(model: TextModel, options: SampleManyOptions): Promise<void> {
  const { count: _, unique: __, notInCorpus: ___, ...one } = options;
  let last = "";
  for await (const piece of model.sample(one)) {
    // Not before the first piece: a prompt that is refused must leave nothing on stdout.
    if (last === "") writeOut(shownPrompt(options));
    await writeOutPaced(forStdout(piece));
    last = piece;
  }
  if (last === "") {
    writeOut(shownPrompt(options));
    last = options.prompt ?? "";
  }
  if (!last.endsWith("\n")) writeOut("\n");
}

/** One text below the other; around one of several lines an empty one, so that one sees where it begins and ends. */
async function writeMany(model: TextModel, options: SampleManyOptions): Promise<void> {
  let wasLong: boolean | undefined;
  for await (const text of model.sampleMany(options)) {
    const end = text.endsWith("\n") ? "" : "\n";
    const isLong = /\n./u.test((options.prompt ?? "") + text);
    const separator = wasLong !== undefined && (wasLong || isLong) ? "\n" : "";
    await writeOutPaced(separator + shownPrompt(options) + forStdout(text) + end);
    wasLong = isLong;
  }
}

function shownPrompt({ prompt = "" }: SampleOptions): string {
  return prompt === "" ? "" : coloursFor(process.stdout).bold(forStdout(prompt));
}
