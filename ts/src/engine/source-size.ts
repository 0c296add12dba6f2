import type { SourceSize } from "./engine-api.js";

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
