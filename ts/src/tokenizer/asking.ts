import { piecesOf } from "./pieces.js";
import type { TokenizerSettings } from "./settings.js";
import type { ResolvedSource } from "../corpora/text-source.js";
import { TOKENIZER_DEFAULTS } from "../options/defaults.js";
import { toJson } from "../wasm/json.js";

/** Characters, as they are. */
export const CHARACTERS: TokenizerSettings = {
  kind: TOKENIZER_DEFAULTS.tokenizer,
  normalization: TOKENIZER_DEFAULTS.normalization,
  caseFolding: TOKENIZER_DEFAULTS.caseFolding,
};

/** What WebAssembly is asked for, as JSON, with what of the source only JavaScript can tell apart. */
export function askFor(settings: TokenizerSettings, source: ResolvedSource): string {
  const { kind, normalization, ...others } = settings;
  const pieces = kind === "graphemes" || kind === "words" ? piecesOf(kind, source) : undefined;
  return toJson({
    ...others,
    kind,
    normalization: normalization === "none" ? undefined : normalization,
    pieces,
  });
}
