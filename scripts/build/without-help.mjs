// Takes out of the tables of options what only the command line's `--help` says, which browsers have no use for.
import path from "node:path";

/** Properties of an `OptionSpec` that only `--help` reads. */
const HELP = new Set(["help", "offHelp", "defaultHelp", "group"]);

/** @typedef {{ type: string, start: number, end: number }} Node as rollup's parser makes them */

/**
 * @param {string} compiled folder with the JavaScript that tsc made
 * @returns {import("rollup").Plugin}
 */
export const withoutHelp = (compiled) => ({
  name: "without-help",
  transform(code, id) {
    if (!id.startsWith(path.join(compiled, "options") + path.sep)) return null;
    let rest = code;
    // From the last to the first, so that those before stay where they are.
    for (const { start, end } of helpIn(this.parse(code)).toSorted((a, b) => b.start - a.start)) {
      rest = rest.slice(0, start) + rest.slice(end).replace(/^\s*,/, "");
    }
    return { code: rest, map: null };
  },
});

/**
 * @param {unknown} value of a syntax tree
 * @returns {Node[]}
 */
function helpIn(value) {
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "ObjectPattern") return []; // That would read it.
  if (isHelp(value)) return [value];
  return Object.values(value).flatMap(helpIn);
}

/**
 * @param {object} value
 * @returns {value is Node}
 */
function isHelp(value) {
  if (!("type" in value) || value.type !== "Property" || !("key" in value)) return false;
  const { key } = /** @type {{ key: { type: string, name?: string } }} */ (value);
  return key.type === "Identifier" && HELP.has(key.name ?? "");
}
