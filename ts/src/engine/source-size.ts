import type { SourceSize } from "./engine-api.js";
import { unitsPerSymbol, type Granularity, type Measurable } from "../tokenizer/extent.js";

/** How large a source is in symbols of some kind, without cutting it: as many as it has UTF-16 units, or fewer in some proportion. */
export function roughSizeOf(
  source: Measurable,
  granularity: Granularity,
): Omit<SourceSize, "vocabularySize"> {
  const { text, documents } = source;
  const each = unitsPerSymbol(granularity, source);
  const symbolsOf = ({ length }: { readonly length: number }): number => Math.ceil(length / each);
  if (documents !== undefined) return sizeOfList(documents.map(symbolsOf));
  return { symbols: text === undefined ? 0 : symbolsOf(text) };
}

/** How large documents of so many symbols each are. Each has an end, but for empty ones, which are left out. */
export function sizeOfList(lengths: readonly number[]): Omit<SourceSize, "vocabularySize"> {
  let [count, longest, symbols] = [0, 0, 0];
  for (const length of lengths) {
    if (length === 0) continue;
    count += 1;
    symbols += length + 1;
    longest = Math.max(longest, length + 1);
  }
  return { symbols, documents: { count, longest } };
}
