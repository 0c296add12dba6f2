import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import { refuseStdinTwice } from "../files/one-stdin.js";
import { readText, withoutLineEnd } from "../files/read-text.js";
import { pickOptions, type Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine, writeOut, writeOutPaced } from "../output.js";
import { coloursFor } from "../view/colours.js";
import { formatInteger, formatLoss, formatPerplexity } from "../view/format.js";
import { joinParts } from "../view/join-parts.js";
import { drawLegend, drawSurprise, listSurprises } from "../view/score-view.js";
import { writeTable } from "../view/table.js";
import { withModel } from "../with-model.js";
import type { Score } from "../../index.js";

/** `mynah score`: shows what surprised a model in a text. Returns the exit status. */
export async function score(
  modelPath: string,
  file: string,
  flags: Flags & { readonly json?: true },
): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  refuseStdinTwice({ "the model": modelPath, "the text": file });
  const given = await readText(file);
  const { symbols, found } = await withModel(loadModel(modelPath, flags), async (model) => {
    const scored = model.info.hasBoundary === true ? withoutLineEnd(given) : given;
    const options = { ...pickOptions("score", flags), text: scored };
    const { symbols: read } = await model.encode(scored);
    return { symbols: read, found: await model.score(options) };
  });
  if (flags.json === true) writeAsJson(symbols, found);
  else await writeForPeople(symbols, found);
  return EXIT.done;
}

/** A line for each symbol, then one for all. */
function writeAsJson(symbols: readonly string[], found: Score): void {
  const { bits, logProbabilities, ranks, entropies, alternatives, ...totals } = found;
  for (const [at, rank] of ranks.entries()) {
    // The first symbol of a text is only read.
    if (rank === 0) continue;
    writeJsonLine({
      type: "symbol",
      at,
      symbol: symbols[at] ?? "",
      bits: bits[at],
      logProbability: logProbabilities[at],
      rank,
      entropy: entropies[at],
      alternatives: alternatives?.[at],
    });
  }
  writeJsonLine({ type: "score", ...totals });
}

async function writeForPeople(symbols: readonly string[], found: Score): Promise<void> {
  const colours = coloursFor(process.stdout);
  const shown = joinParts(symbols, found);
  // Without colours the text says nothing that its reader does not know.
  if (colours.surprise !== undefined) {
    const drawn = drawSurprise(shown.symbols, shown.bits, colours.surprise);
    await writeOutPaced(`${drawn}${drawn.endsWith("\n") ? "" : "\n"}\n${drawLegend(colours.surprise)}\n\n`);
  }
  const { loss, perplexity, bitsPerByte, accuracy, tokens } = found;
  writeTable([
    ["loss", `${formatLoss(loss)} nats per symbol`],
    ["perplexity", formatPerplexity(perplexity)],
    ["bits per byte", bitsPerByte.toFixed(3)],
    ["accuracy", `${(accuracy * 100).toFixed(1)} %`],
    ["symbols", formatInteger(tokens)],
  ]);
  writeOut(`\n${listSurprises(shown, colours).join("\n")}\n`);
}
