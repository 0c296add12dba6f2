import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { readText, withoutLineEnd } from "../files/read-text.js";
import { pickOptions, type Flags } from "../flags.js";
import { forStdout, watchForClosedPipes, writeJsonLine, writeOut } from "../output.js";
import { withModel } from "../with-model.js";
import type { FillOptions } from "../../index.js";

/** `mynah fill`: fills in the blanks of a text. Returns the exit status. */
export async function fill(
  modelPath: string,
  given: string,
  flags: Flags & { readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  refuseStdinTwice({ "the model": modelPath, "the text": given });
  const text = given === "-" ? withoutLineEnd(await readText("-")) : given;
  const options: FillOptions = { ...pickOptions("fill", flags), text };
  const beganAt = performance.now();
  const filled = await withModel(loadModel(modelPath, flags), (model) => model.fill(options));
  if (flags.json === true) {
    writeJsonLine({ type: "fill", text, filled, seconds: (performance.now() - beganAt) / 1000 });
  } else {
    writeOut(filled.endsWith("\n") ? forStdout(filled) : `${forStdout(filled)}\n`);
  }
  return EXIT.done;
}
