import type { CommandOutline, OptionOutline, Outline, Word } from "../outline.js";

/** The completion script for fish, from 3.0 on. */
export function fishCompletion({ name, commands, options }: Outline): string {
  const complete = `complete -c ${name}`;
  const atFirst = `${complete} -n __fish_use_subcommand`;
  const lines = [
    `# fish completion for ${name}. Here and now: ${name} completion fish | source`,
    `# Always: ${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    `${complete} -f`,
    ...options.map((option) => `${atFirst} ${optionWords(option)}`),
    ...commands.flatMap((command) => [
      `${atFirst} -a ${command.name} -d ${quoted(firstLine(command.description))}`,
      ...linesOf(command, complete),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function linesOf({ name, options, arguments: taken }: CommandOutline, complete: string): string[] {
  const inCommand = `${complete} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
  const words = taken.map(wordsFor).filter((found) => found !== "-f");
  return [
    ...options.map((option) => `${inCommand} ${optionWords(option)}`),
    ...new Set(words.map((found) => `${inCommand} ${found}`)),
  ];
}

function optionWords({ short, long, value, description }: OptionOutline): string {
  const names = `${short === undefined ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  const taken = value === undefined ? "" : ` -r ${wordsFor(value)}`;
  return `${names}${taken} -d ${quoted(firstLine(description))}`;
}

/** `-F` offers files, `-f` none. */
function wordsFor({ words, isFile }: Word): string {
  const files = isFile ? "-F" : "-f";
  return words.length === 0 ? files : `${files} -a ${quoted(words.join(" "))}`;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
