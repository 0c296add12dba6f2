import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { readText, withoutLineEnd } from "../files/read-text.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine, writeNote } from "../output.js";
import { writeTable } from "../view/table.js";
import { printable } from "../view/text-layout.js";
import { withModel } from "../with-model.js";
import type { Completion } from "../../index.js";

/** `mynah suggest`: says what is likely to come next in a text. Returns the exit status. */
export async function suggest(
  modelPath: string,
  given: string,
  flags: Flags & { readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  refuseStdinTwice({ "the model": modelPath, "the text": given });
  const text = given === "-" ? withoutLineEnd(await readText("-")) : given;
  const completions = await withModel(loadModel(modelPath, flags), async (model) => {
    const session = await model.session();
    await session.feed(text, pickOptions("feed", flags));
    return session.suggest(pickOptions("sessionSuggest", flags));
  });
  if (flags.json === true) for (const one of completions) writeJsonLine({ type: "completion", ...one });
  else if (completions.length > 0) writeTable(completions.map(rowFor));
  else writeNote("There is no word that the text could go on with.");
  return EXIT.done;
}

/** In quotes, since a symbol may be a space, and nothing is the end of a document. */
function rowFor({ text, probability }: Completion): [share: string, text: string] {
  return [`${(100 * probability).toFixed(1).padStart(5)} %`, printable(JSON.stringify(text))];
}
