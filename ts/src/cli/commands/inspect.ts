import { EXIT } from "../exit.js";
import { loadModel } from "../files/load-model.js";
import type { Flags } from "../flags.js";
import { watchForClosedPipes, writeJsonLine } from "../output.js";
import { describeModel } from "../view/describe-run.js";
import { formatBytes, formatInteger } from "../view/format.js";
import { writeTable } from "../view/table.js";
import { pad, widthOf, wrap } from "../view/text-layout.js";
import { withModel } from "../with-model.js";
import type { ModelInfo } from "../../index.js";

const VOCABULARY_COLUMNS = 64;
const LONG_SYMBOLS = 60;

/** `mynah inspect`: says what is in a model file. Returns the exit status. */
export async function inspect(modelPath: string, flags: Flags): Promise<number> {
  watchForClosedPipes((status) => process.exit(status));
  const info = await withModel(loadModel(modelPath, flags), async (model) => model.info);
  if (flags["json"] === true) writeJsonLine({ type: "inspect", path: modelPath, ...info });
  else writeInfo(info);
  return EXIT.done;
}

function writeInfo(info: ModelInfo): void {
  writeTable([
    ["model", describeModel(info)],
    ["embedding", `${formatInteger(info.embeddingSize)} numbers per symbol`],
    ["parameters", `${formatInteger(info.parameters)} (${formatBytes(info.bytes)})`],
    ["format", `version ${info.formatVersion}`],
    ["tensors", listTensors(info.tensors)],
    [
      "vocabulary",
      `${formatInteger(info.vocabularySize)}${ofWhat(info)}, ${info.hasUnknown ? "with" : "without"} the unknown symbol`,
    ],
    ["", wrap(listSymbols(info), VOCABULARY_COLUMNS).join("\n")],
    ...listFolding(info),
  ]);
}

function listTensors(tensors: ModelInfo["tensors"]): string {
  const columns = Math.max(...tensors.map(({ name }) => widthOf(name)));
  return tensors.map(({ name, shape }) => `${pad(name, columns)}  ${shape.join(" × ")}`).join("\n");
}

const ofWhat = ({ tokenizer }: ModelInfo): string => (tokenizer === "characters" ? "" : ` of ${tokenizer}`);

/** The characters, and of longer symbols the first ones. */
function listSymbols({ symbols, vocabulary }: ModelInfo): string {
  const long = vocabulary.filter((symbol) => Array.from(symbol).length > 1);
  const shown = long.slice(0, LONG_SYMBOLS).map((symbol) => visible(symbol).replace(/^ /, "\u2423"));
  const more = long.length > shown.length ? [`… ${formatInteger(long.length - shown.length)} more`] : [];
  return [visible(symbols), ...shown, ...more].filter((part) => part !== "").join(" ");
}

function listFolding({ normalization, caseFolding }: ModelInfo): [string, string][] {
  const steps = [
    ...(normalization === "none" ? [] : [normalization]),
    ...(caseFolding ? ["small letters"] : []),
  ];
  return steps.length === 0 ? [] : [["folding", steps.join(", ")]];
}

/** Symbols that cannot be seen, written as JavaScript would: `\n`, `\u{200b}`. */
function visible(symbols: string): string {
  const named = new Map([
    ["\n", "\\n"],
    ["\r", "\\r"],
    ["\t", "\\t"],
    ["\\", "\\\\"],
  ]);
  return symbols.replace(
    /[\\\p{C}\p{Zl}\p{Zp}\p{M}]|(?! )\p{Zs}/gu,
    (symbol) => named.get(symbol) ?? `\\u{${(symbol.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
