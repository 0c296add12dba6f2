import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { chooseSource, sourceOf } from "../files/training-source.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine } from "../output.js";
import { formatInteger, formatLoss, formatPerplexity } from "../view/format.js";
import { writeTable } from "../view/table.js";
import { withModel } from "../with-model.js";
import type { CorpusName, Evaluation } from "../../index.js";

/** `mynah eval`: measures how well a model foresees a text. Returns the exit status. */
export async function evaluate(
  modelPath: string,
  file: string | undefined,
  flags: Flags & { readonly corpus?: CorpusName; readonly documents?: true; readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  refuseStdinTwice({ "the model": modelPath, "the text": file });
  const source = chooseSource(file, flags.corpus);
  const { corpus: _, documents, ...options } = pickOptions("evaluate", flags);
  const result = await withModel(loadModel(modelPath, flags), (model) =>
    model.evaluate({ ...options, ...sourceOf(source, documents === true) }),
  );
  if (flags.json === true) writeJsonLine({ type: "eval", ...result });
  else writeResult(result);
  return EXIT.done;
}

function writeResult({ loss, perplexity, bitsPerByte, accuracy, tokens }: Evaluation): void {
  writeTable([
    ["loss", `${formatLoss(loss)} nats per symbol`],
    ["perplexity", formatPerplexity(perplexity)],
    ["bits per byte", bitsPerByte.toFixed(3)],
    ["accuracy", `${(accuracy * 100).toFixed(1)} %`],
    ["symbols", formatInteger(tokens)],
  ]);
}
