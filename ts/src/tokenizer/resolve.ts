// Of the caller's side: a worker must not load parts of its own, which not every bundler can make for one.
import type { Granularity } from "./extent.js";
import type { TokenizerSettings } from "./settings.js";
import { MynahError } from "../errors.js";
import { fetched } from "../fetched.js";
import { TOKENIZER_DEFAULTS } from "../options/defaults.js";
import type { TokenizerOptions } from "../options/tokenizer-types.js";

/** The units that bpe begins with. */
const BYTES = 256;

/** Options without those of the tokenizer, which cross to another thread by themselves. */
export function withoutTokenizer<Options extends TokenizerOptions>(
  options: Options,
): Omit<Options, keyof TokenizerOptions> {
  const {
    tokenizer: _,
    vocabularySize: _size,
    normalization: _form,
    caseFolding: _case,
    ...others
  } = options;
  return others;
}

/**
 * What options ask for.
 *
 * @throws MynahError `unsupported-tokenizer` for a tokenizer.json that cannot be read, `contradictory-options` for what it says itself.
 */
export async function resolveTokenizer(options: TokenizerOptions): Promise<TokenizerSettings> {
  const {
    tokenizer = TOKENIZER_DEFAULTS.tokenizer,
    vocabularySize,
    normalization = TOKENIZER_DEFAULTS.normalization,
    caseFolding = TOKENIZER_DEFAULTS.caseFolding,
  } = options;
  if (typeof tokenizer === "string") {
    return { kind: tokenizer, vocabularySize, normalization, caseFolding };
  }
  for (const name of ["vocabularySize", "normalization", "caseFolding"] as const) {
    if (options[name] === undefined) continue;
    throw new MynahError(
      "contradictory-options",
      `${name} and a tokenizer.json exclude each other: the file says it`,
    );
  }
  const { importTokenizer } = await fetched("tokenizer.json", import("../interop/tokenizer-json.js"));
  return importTokenizer(tokenizer);
}

/** How fine it cuts. */
export function granularityOf({ kind, vocabularySize, merges }: TokenizerSettings): Granularity {
  return {
    tokenizer: kind,
    vocabularySize: merges === undefined ? vocabularySize : BYTES + merges.length / 2,
  };
}
