/**
 * Options, and lists of texts, as they cross into WebAssembly. Half of a surrogate pair, which a text has that was cut in the middle
 * of a symbol, is no Unicode and would be refused as bad JSON; it becomes U+FFFD, as it does in a string that crosses by itself.
 * Numbers with 32 bits are written as numbers with 64, which are read back as what they were.
 */
export function toJson(options: object): string {
  return JSON.stringify(options, (_, value: unknown) => {
    if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\uFFFD");
    return value instanceof Float32Array ? Array.from(value) : value;
  });
}
