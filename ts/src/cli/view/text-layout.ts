import stringWidth from "string-width";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Columns that a text takes in a terminal: two for a Chinese character, none for a combining accent. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/**
 * The text without what a terminal would obey instead of show: generated text is data, and may hold escape sequences.
 * Line ends stay, a tab becomes spaces.
 */
export function printable(text: string): string {
  // Control characters C0 and C1 but for the line feed, and the marks that turn the writing direction.
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, "    ")
    .replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, (c) => (c === "\n" ? c : "\uFFFD"));
}

/** {@link printable}, without blank space around it and more than one blank line within: generated text to look at. */
export function tidy(text: string): string {
  return printable(text)
    .trim()
    .replace(/\n{3,}/g, "\n\n");
}

// A mark and the quotes that close after it; a Latin mark only before a space, as "3.5" and "e.g." in names go on.
const SENTENCE_END = /(?:[.!?…]["'”’»)]*(?=\s|$))|(?:[。！？]["'”’」』）]*)/gu;

// Of a text that is cut: at least so much stays, else it is cut after a word.
const LEAST_KEPT = 0.6;

/** The text up to the end of its last sentence, or where that is too far from the end, up to the end of its last whole word. */
export function cutAtSentence(text: string): string {
  const lastEnd = [...text.matchAll(SENTENCE_END)].map(({ index, 0: mark }) => index + mark.length).at(-1);
  if (lastEnd !== undefined && lastEnd >= text.length * LEAST_KEPT) return text.slice(0, lastEnd);
  const lastSpace = text.search(/\s+\S*$/u);
  return lastSpace >= text.length * LEAST_KEPT ? text.slice(0, lastSpace) : text;
}

/** Breaks a text into lines of so many columns: at spaces, between wide characters, and within a word that is longer than a line. */
export function wrap(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(2, columns)));
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let current = "";
  let width = 0;
  let breakAt = 0; // length of the part of `current` after which a new line may begin
  for (const { segment } of graphemes.segment(line)) {
    const segmentWidth = widthOf(segment);
    if (width + segmentWidth > columns) {
      if (segment === " ") {
        lines.push(current);
        [current, width, breakAt] = ["", 0, 0];
        continue;
      }
      const cut = breakAt > 0 ? breakAt : current.length;
      lines.push(current.slice(0, cut).trimEnd());
      current = current.slice(cut);
      width = widthOf(current);
      breakAt = 0;
    }
    current += segment;
    width += segmentWidth;
    if (segment === " " || segmentWidth > 1) breakAt = current.length;
  }
  lines.push(current);
  return lines;
}

/** Cuts a text to so many columns, with an ellipsis where something is missing. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let clipped = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    const segmentWidth = widthOf(segment);
    if (width + segmentWidth > columns - 1) break;
    clipped += segment;
    width += segmentWidth;
  }
  return `${clipped}…`;
}

/** Fills up with spaces to so many columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}
