import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import { pickOptions, type Flags } from "../flags.js";
import { forStdout, watchForClosedPipes, writeJsonLine, writeOut, writeOutPaced } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { withModel } from "../with-model.js";
import type { SampleOptions, TextModel } from "../../index.js";

/** `mynah sample`: writes text, after its prompt, as it comes. Returns the exit status. */
export async function sample(modelPath: string, flags: Flags & { readonly json?: true }): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const options: SampleOptions = pickOptions("sample", flags);
  const write = flags.json === true ? writeAsJson : writeAsText;
  await withModel(loadModel(modelPath, flags), (model) => write(model, options));
  return EXIT.done;
}

async function writeAsJson(model: TextModel, options: SampleOptions): Promise<void> {
  const beganAt = performance.now();
  const text = await model.sampleText(options);
  const tokens = Array.from(text).length;
  writeJsonLine({ type: "sample", text, tokens, seconds: (performance.now() - beganAt) / 1000 });
}

async function writeAsText(model: TextModel, options: SampleOptions): Promise<void> {
  let last = "";
  for await (const piece of model.sample(options)) {
    // Not before the first piece: a prompt that is refused must leave nothing on stdout.
    if (last === "") writePrompt(options.prompt);
    await writeOutPaced(forStdout(piece));
    last = piece;
  }
  if (!last.endsWith("\n")) writeOut("\n");
}

function writePrompt(prompt = ""): void {
  if (prompt !== "") writeOut(coloursFor(process.stdout).bold(forStdout(prompt)));
}
