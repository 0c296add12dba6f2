import type { Source } from "./files/training-source.js";
import { FILL_DEFAULTS } from "../options/defaults.js";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * What to try with a new model: commands that work as they stand. `eval` is not among them, because the only text at hand is the one
 * that the model has learnt, on which its loss flatters.
 */
export function nextCommands(modelPath: string, text: string): string[] {
  const model = quote(modelPath);
  const prompt = quote(suggestPrompt(text));
  return [
    `npx mynah sample ${model} --prompt ${prompt} --temperature 0.6`,
    `npx mynah sample ${model} --prompt ${prompt} --temperature 1`,
    `npx mynah inspect ${model}`,
  ];
}

/** The same for a model that reads from both ends: the beginning of its text, with holes in it. */
export function nextFillCommands(modelPath: string, text: string): string[] {
  const model = quote(modelPath);
  const beginning = Array.from(firstLine(text).trim()).slice(0, 40);
  const holes = beginning.map((symbol, i) => (i % 4 === 1 ? FILL_DEFAULTS.blank : symbol)).join("");
  return [
    `npx mynah fill ${model} ${quote(holes)}`,
    `npx mynah fill ${model} ${quote(holes)} --temperature 1`,
    `npx mynah inspect ${model}`,
  ];
}

/** How to go on with a run that was stopped. */
export function resumeCommand(source: Source, checkpoint: string): string {
  const text = source.kind === "corpus" ? `--corpus ${source.name}` : quote(source.path);
  return `npx mynah train ${text} --resume ${quote(checkpoint)}`;
}

/** How to have back the model whose place a checkpoint has taken. */
export function backCommand(previous: string, path: string): string {
  return `mv ${quote(previous)} ${quote(path)}`;
}

/** A beginning that the model has seen: the first word or two of the text's first line of some length. */
export function suggestPrompt(text: string): string {
  const line = firstLine(text);
  const words = /^\s*(\S{2,14}(?: \S{1,8})?) /u.exec(line)?.[1];
  if (words !== undefined) return `${words} `;
  return [...graphemes.segment(line.trim())]
    .slice(0, 3)
    .map(({ segment }) => segment)
    .join("");
}

/** The text's first line of some length. */
function firstLine(text: string): string {
  const beginning = text.slice(0, 10_000);
  return beginning.split("\n").find((candidate) => candidate.trim().length >= 12) ?? beginning.trim();
}

/** An argument as a POSIX shell reads it. */
export function quote(argument: string): string {
  return /^[\w./:=@%+-]+$/.test(argument) ? argument : `'${argument.replace(/'/g, `'\\''`)}'`;
}
