/**
 * Options as they cross into WebAssembly. Half of a surrogate pair, which a text has that was cut in the middle of a symbol, is no
 * Unicode and would be refused as bad JSON; it becomes U+FFFD, as it does in a string that crosses by itself.
 */
export function toJson(options: object): string {
  return JSON.stringify(options, (_, value: unknown) =>
    typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\uFFFD") : value,
  );
}
