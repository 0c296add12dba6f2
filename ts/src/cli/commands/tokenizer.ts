import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import type { Flags } from "../flags.js";
import { watchForClosedPipes, writeOut } from "../output.js";
import { withModel } from "../with-model.js";

/** `mynah tokenizer`: writes a model's tokenizer as a tokenizer.json. Returns the exit status. */
export async function tokenizer(modelPath: string, flags: Flags): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const json = await withModel(loadModel(modelPath, flags), (model) => model.exportTokenizer());
  writeOut(`${JSON.stringify(json, undefined, 1)}\n`);
  return EXIT.done;
}
