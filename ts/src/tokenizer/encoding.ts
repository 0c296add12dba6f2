// What a model's tokenizer does, asked for by itself: each is a method of `TextModel`, with what it needs of the model.
import type { Jobs } from "../jobs.js";
import { MynahError } from "../errors.js";
import { fetched } from "../fetched.js";
import { checkValue, shown } from "../options/check.js";
import type { TokenizerJson } from "../options/tokenizer-types.js";
import type { OwnTokenizer } from "../interop/tokenizer-json.js";
import type { Encoding, ModelInfo } from "../types.js";

/** {@link TextModel.encode} */
export async function encode(jobs: Jobs, text: string): Promise<Encoding> {
  checkValue("text", text, { kind: "string", help: "" });
  return jobs.engine.encode(text);
}

/** {@link TextModel.decode} */
export async function decode(
  jobs: Jobs,
  { vocabularySize }: ModelInfo,
  tokens: Uint32Array | readonly number[],
): Promise<string> {
  const wanted = `whole numbers from 0 to ${vocabularySize - 1}`;
  if (!(Array.isArray(tokens) || tokens instanceof Uint32Array)) {
    throw new MynahError(
      "invalid-option",
      `tokens is ${shown(tokens)}, but must be a Uint32Array or a list of ${wanted}`,
    );
  }
  const numbers: readonly unknown[] = Array.from(tokens);
  const isToken = (number: unknown): boolean =>
    Number.isSafeInteger(number) && Number(number) >= 0 && Number(number) < vocabularySize;
  const strange = numbers.findIndex((number) => !isToken(number));
  if (strange >= 0) {
    throw new MynahError(
      "invalid-option",
      `tokens has ${shown(numbers[strange])} at ${strange}, but must have ${wanted}`,
    );
  }
  const symbols = await jobs.engine.decodeEach(Uint32Array.from(tokens));
  return symbols.join("");
}

/** {@link TextModel.exportTokenizer} */
export async function exportTokenizer(jobs: Jobs): Promise<TokenizerJson> {
  const own = JSON.parse(await jobs.engine.tokenizer()) as OwnTokenizer;
  const interop = await fetched("tokenizer.json", import("../interop/tokenizer-json.js"));
  return interop.exportTokenizer(own);
}
