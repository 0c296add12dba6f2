import { EXIT } from "../exit.js";
import { readText } from "../files/read-text.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine, writeOut } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { formatInteger } from "../view/format.js";
import { printable } from "../view/text-layout.js";
import { writeTable } from "../view/table.js";
import { MynahError, previewFolding } from "../../index.js";

/** Changes shown to people. */
const SHOWN = 30;

/** `mynah preview`: shows what folding changes in a text. Returns the exit status. */
export async function preview(file: string, flags: Flags & { readonly json?: true }): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const options = pickOptions("previewFolding", flags);
  if (Object.keys(options).length === 0) {
    throw new MynahError(
      "missing-option",
      "Nothing would be changed: give --normalization, --case-folding or both",
    );
  }
  const { changes, count } = previewFolding(await readText(file), options);
  if (flags.json === true) {
    for (const change of changes) writeJsonLine({ type: "change", ...change });
    writeJsonLine({ type: "preview", count, changes: changes.length });
    return EXIT.done;
  }
  const { dim } = coloursFor(process.stdout);
  const shown = (text: string): string => printable(text).replaceAll("\n", "⏎");
  writeTable([
    ...changes
      .slice(0, SHOWN)
      .map(({ from, to, count: times }) => [`${shown(from)} → ${shown(to)}`, formatInteger(times)] as const),
    ["changes", `${formatInteger(count)}, ${formatInteger(changes.length)} different`],
  ]);
  if (changes.length > SHOWN)
    writeOut(dim(`${formatInteger(changes.length - SHOWN)} rarer ones are not shown\n`));
  return EXIT.done;
}
