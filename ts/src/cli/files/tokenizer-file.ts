import { readText } from "./read-text.js";
import type { Flags } from "../flags.js";
import { MynahError } from "../../index.js";
import { TOKENIZERS } from "../../options/tokenizer-table.js";

/**
 * The flags, with what a file holds in the place of its path, where `--tokenizer` names one.
 *
 * @throws MynahError `invalid-option` for a word that is none, `unsupported-tokenizer` for a file that is no JSON; what reading a file
 * comes to.
 */
export async function withTokenizerFile<Given extends Flags>(flags: Given): Promise<Given> {
  const { tokenizer } = flags;
  if (typeof tokenizer !== "string" || TOKENIZERS.some((kind) => kind === tokenizer)) return flags;
  if (!tokenizer.endsWith(".json")) {
    throw new MynahError(
      "invalid-option",
      `tokenizer is "${tokenizer}", but must be one of ${TOKENIZERS.join(", ")}, or the path of a tokenizer.json`,
    );
  }
  const text = await readText(tokenizer);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MynahError("unsupported-tokenizer", `${tokenizer} is no JSON`, { cause });
  }
  return { ...flags, tokenizer: json };
}
