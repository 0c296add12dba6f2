import { linesOf } from "../../corpora/read-text.js";
import { MynahError } from "../../index.js";

/** A text as the library takes it: as one, or with `isList` each of its lines by itself, but for the empty ones. */
export function asSource(text: string, isList: boolean): { text: string } | { documents: readonly string[] } {
  if (!isList) return { text };
  const documents = linesOf(text);
  if (documents.length === 0) throw new MynahError("empty-text", "The text has no line with anything in it");
  return { documents };
}
