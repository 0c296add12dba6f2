import { EXIT } from "../exit.js";
import { readText } from "../files/read-text.js";
import { chooseSource, sourceOf } from "../files/training-source.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine, writeOut } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { formatInteger } from "../view/format.js";
import { printable } from "../view/text-layout.js";
import { writeTable } from "../view/table.js";
import {
  MynahError,
  overlap as findOverlap,
  type CorpusName,
  type Overlap,
  type OverlapRun,
} from "../../index.js";

/** Runs shown to people. */
const SHOWN = 20;

/** `mynah overlap`: shows what a text has copied from another. Returns the exit status. */
export async function overlap(
  sample: string,
  file: string | undefined,
  flags: Flags & { readonly corpus?: CorpusName; readonly documents?: true; readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const source = chooseSource(file, flags.corpus);
  if (sample === "-" && file === "-") {
    throw new MynahError("contradictory-options", "Only one of the two texts can come from stdin");
  }
  const text = await readText(sample);
  const corpus = sourceOf(source, flags.documents === true);
  const found = await findOverlap(text, corpus, pickOptions("overlap", flags));
  if (flags.json === true) {
    const { runs, ...totals } = found;
    for (const run of runs) writeJsonLine({ type: "run", ...run });
    writeJsonLine({ type: "overlap", ...totals });
  } else {
    writeForPeople(found);
  }
  return EXIT.done;
}

function writeForPeople({ runs, symbols, covered, share }: Overlap): void {
  const { dim } = coloursFor(process.stdout);
  for (const run of runs.slice(0, SHOWN)) {
    writeOut(`${dim(describe(run))}\n${printable(run.text).replaceAll("\n", "⏎")}\n\n`);
  }
  if (runs.length > SHOWN) writeOut(dim(`and ${formatInteger(runs.length - SHOWN)} shorter ones\n\n`));
  writeTable([
    ["copied", `${(share * 100).toFixed(1)} % of the text`],
    ["symbols", `${formatInteger(covered)} of ${formatInteger(symbols)}`],
    ["runs", formatInteger(runs.length)],
  ]);
}

function describe({ length, at, inCorpusAt, document }: OverlapRun): string {
  const where = document === undefined ? `at ${inCorpusAt}` : `in document ${document + 1}, at ${inCorpusAt}`;
  return `${formatInteger(length)} long, at ${at}, in the corpus ${where}`;
}
