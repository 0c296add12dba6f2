// The code samples of the documentation, as they stand there.
import fs from "node:fs";
import path from "node:path";
import { root } from "../support/places.js";

/** What the tests do with a sample. */
export type Treatment = "run" | "only type-checked" | "not run";

export interface Sample {
  /** Where it stands, such as `docs/storage.md:16`. */
  readonly place: string;
  readonly language: Language;
  readonly code: string;
  readonly treatment: Treatment;
  /** Names that the text around it has spoken of: exports of `project/given.ts`. */
  readonly given: readonly string[];
  /** Why it is not run. */
  readonly reason: string | undefined;
}

/** What is code that somebody may paste; a fence of anything else shows output or a formula. */
const LANGUAGES = ["ts", "js", "sh", "html"] as const;
export type Language = (typeof LANGUAGES)[number];

const FENCE = /^( *)```(\S*)$/;

/**
 * A comment right above a sample says what it needs or why it is not run:
 *
 *     <!-- sample: given model, text -->
 *     <!-- sample: only type-checked, given input; it needs a page's storage -->
 *     <!-- sample: not run; it measures for minutes -->
 */
const MARK =
  /^ *<!-- sample: (?:given ([\w, ]+)|(only type-checked)(?:, given ([\w, ]+))?; (.+)|(not run); (.+)) -->$/;

/** The pages of the documentation, as paths from the root with "/". */
export function pages(): string[] {
  const docs = fs.readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" });
  const inDocs = docs.map((name) => `docs/${name.replaceAll(path.sep, "/")}`);
  const atRoot = fs.readdirSync(root);
  return [...atRoot, ...inDocs].filter((name) => name.endsWith(".md")).toSorted();
}

/** The text of a page. */
export const read = (page: string): string => fs.readFileSync(path.join(root, page), "utf8");

/** Every sample of a page, in order. */
export function samplesOf(page: string): Sample[] {
  const lines = read(page).split("\n");
  const samples: Sample[] = [];
  let unused = lines.filter((line) => line.includes("<!-- sample:")).length;
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", language = ""] = FENCE.exec(lines[at] ?? "") ?? [];
    if (!FENCE.test(lines[at] ?? "")) continue;
    const end = lines.findIndex((line, i) => i > at && line === `${indent}\`\`\``);
    if (end < 0) throw new Error(`${page}:${at + 1}: a fence has no end`);
    if (isLanguage(language)) {
      const code = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
      const mark = [lines[at - 1], lines[at - 2]].find((line) => line?.includes("<!-- sample:"));
      if (mark !== undefined) unused--;
      samples.push({
        place: `${page}:${at + 2}`,
        language,
        code: code.join("\n"),
        ...treatmentOf(mark, `${page}:${at}`),
      });
    } else if (language !== "" && language !== "text" && language !== "json") {
      throw new Error(`${page}:${at + 1}: the tests know no language ${language}`);
    }
    at = end;
  }
  if (unused !== 0) throw new Error(`${page} has a mark that stands above no sample`);
  return samples;
}

const isLanguage = (word: string): word is Language => LANGUAGES.some((it) => it === word);

function treatmentOf(
  mark: string | undefined,
  place: string,
): Pick<Sample, "treatment" | "given" | "reason"> {
  if (mark === undefined) return { treatment: "run", given: [], reason: undefined };
  const found = MARK.exec(mark);
  if (found === null) throw new Error(`${place}: this says nothing that the tests know: ${mark}`);
  const [, given, onlyTypes, givenTypes, whyTypes, , whyNot] = found;
  const names = (given ?? givenTypes ?? "").split(/[, ]+/).filter((name) => name !== "");
  if (given !== undefined) return { treatment: "run", given: names, reason: undefined };
  if (onlyTypes !== undefined) return { treatment: "only type-checked", given: names, reason: whyTypes };
  return { treatment: "not run", given: [], reason: whyNot };
}
