import { EXIT } from "../exit.js";
import { KeptText } from "../files/kept-text.js";
import { withTokenizerFile } from "../files/tokenizer-file.js";
import { chooseSource } from "../files/training-source.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine, writeOut } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { drawGradients, type CellGradient } from "../view/gradient-view.js";
import { withModel } from "../with-model.js";
import { TextModel, type CorpusName, type ModelOptions } from "../../index.js";

const CELLS = ["rnn", "gru", "lstm"] as const;

/** `mynah gradients`: how the gradient fades on its way back, cell by cell. Returns the exit status. */
export async function gradients(
  file: string | undefined,
  given: Flags & { readonly corpus?: CorpusName; readonly cells?: Cell[]; readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const flags = await withTokenizerFile(given);
  const text = await KeptText.read(chooseSource(file, flags.corpus));
  const found: CellGradient[] = [];
  for (const cell of flags.cells ?? CELLS) {
    const gradient = await measure(cell, text, flags);
    if (flags.json === true) writeJsonLine({ type: "gradients", cell, ...gradient.flow });
    else found.push(gradient);
  }
  if (flags.json !== true) {
    const columns = (process.stdout.columns || 80) - 1;
    writeOut(`${drawGradients(found, columns, coloursFor(process.stdout)).join("\n")}\n`);
  }
  return EXIT.done;
}

type Cell = NonNullable<ModelOptions["cell"]>;

/** A new model of the cell, and what its gradient does. */
function measure(cell: Cell, text: KeptText, flags: Flags): Promise<CellGradient> {
  const {
    corpus: _,
    activation,
    resetAfter,
    ...shared
  }: Partial<ModelOptions & { corpus: CorpusName }> = pickOptions("create", flags);
  const { corpus: __, ...settings } = pickOptions("gradientFlow", flags);
  // What only one of the cells has is meant for that one.
  const own = cell === "rnn" ? { activation } : cell === "gru" ? { resetAfter } : {};
  const making = TextModel.create({ ...shared, ...own, cell, ...text.asSource(false), worker: false });
  return withModel(making, async (model) => ({
    cell,
    flow: await model.gradientFlow({ ...settings, ...text.asSource(false) }),
  }));
}
