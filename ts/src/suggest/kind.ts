/** What a text is: one long text, or a list whose lines have nothing to do with each other. */
export type TextKind = "prose" | "list";

// A list is of many lines, nearly all of them short, hardly any with the end of a sentence, and few of them empty.
const LEAST_LINES = 20;
const LONGEST_ON_AVERAGE = 30;
const MOST_WORDS = 4;
const MOST_SENTENCES = 0.1;
const MOST_EMPTY = 0.05;
const SENTENCE_END = /[.,;:!?…。，；：！？、”"]\s*$/u;

/** Lines looked at: more would not change the verdict. */
const SAMPLE = 2000;

/** Whether a text reads like prose, verse included, or like a list of names and headlines, one on each line. */
export function kindOf(text: string): TextKind {
  const lines = text.split("\n", SAMPLE).map((line) => line.trim());
  // The end of the last line is no empty one.
  if (lines.at(-1) === "") lines.pop();
  const filled = lines.filter((line) => line !== "");
  if (filled.length < LEAST_LINES || lines.length - filled.length > MOST_EMPTY * lines.length) return "prose";
  const share = (isSo: (line: string) => boolean) => filled.filter(isSo).length / filled.length;
  const meanLength = filled.reduce((sum, line) => sum + line.length, 0) / filled.length;
  const meanWords = filled.reduce((sum, line) => sum + line.split(/\s+/).length, 0) / filled.length;
  const isShort = meanLength <= LONGEST_ON_AVERAGE && meanWords <= MOST_WORDS;
  return isShort && share((line) => SENTENCE_END.test(line)) <= MOST_SENTENCES ? "list" : "prose";
}
