// The manual page, mynah(1), in the macros of man(7).
import { EXIT } from "./exit.js";
import type { ArgumentOutline, CommandOutline, OptionOutline, Outline } from "./outline.js";

const STATUSES: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "Done.",
  failed: "Failed; a sentence on standard error says why.",
  badUsage: "The command was used wrongly; a sentence on standard error says how.",
  interrupted: "Interrupted, after what there was to save was saved.",
};

const EXAMPLES: readonly (readonly [what: string, command: string])[] = [
  ["Learn a text, and write more of its kind:", "mynah train notes.txt"],
  ["", 'mynah sample notes.safetensors --prompt "Dear " --length 500'],
  ["Go on with a training that Ctrl-C has stopped:", "mynah train notes.txt --resume notes.safetensors"],
  ["Learn names, and write new ones:", "mynah train names.txt --documents lines"],
  ["", "mynah sample names.safetensors --count 20 --unique --not-in-corpus names.txt"],
  ["Measure a model on another text:", "mynah eval notes.safetensors other.txt --json"],
];

/** All that `--help` says, and what it has no room for. */
export function manualPage(outline: Outline, version: string): string {
  const { name, description, commands, options } = outline;
  const sections: readonly (readonly [heading: string, lines: readonly string[]])[] = [
    ["NAME", [`${escaped(name)} \\- ${escaped(lowered(description))}`]],
    ["SYNOPSIS", [`.B ${escaped(name)}`, ".I command", "[\\fIarguments\\fR] [\\fIoptions\\fR]"]],
    [
      "DESCRIPTION",
      paragraphs(
        `${description} Nothing of the text leaves the machine.`,
        "Results go to standard output and progress to standard error; with --json there is one JSON object per line on standard output, and nothing else. Where a file is read, - stands for standard input.",
      ),
    ],
    ["OPTIONS", options.flatMap(optionLines)],
    ["COMMANDS", commands.flatMap((command) => commandLines(name, command))],
    ["EXIT STATUS", Object.entries(STATUSES).flatMap(([key, says]) => statusLines(key, says))],
    ["EXAMPLES", EXAMPLES.flatMap(([what, command], i) => exampleLines(what, command, i === 0))],
  ];
  const title = `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`;
  return `${[title, ...sections.flatMap(([heading, lines]) => [`.SH ${heading}`, ...lines])].join("\n")}\n`;
}

function commandLines(program: string, command: CommandOutline): string[] {
  const { name, description, arguments: taken, options } = command;
  const shown = taken.map((word) => (word.isRequired ? `<${word.name}>` : `[${word.name}]`));
  const usage = [program, name, ...(options.length === 0 ? [] : ["[options]"]), ...shown].join(" ");
  const headings = [...new Set(options.map(({ heading }) => heading))];
  return [
    `.SS "${escaped(usage)}"`,
    ...paragraphs(...description.split("\n").map(asSentence)),
    ...taken.flatMap(argumentLines),
    ...headings.flatMap((heading) => [
      ...(headings.length === 1 ? [] : [".PP", `.B ${escaped(heading)}`]),
      ...options.filter((option) => option.heading === heading).flatMap(optionLines),
    ]),
  ];
}

function argumentLines({ name, description }: ArgumentOutline): string[] {
  return description === "" ? [] : [".TP", `.I ${escaped(name)}`, escaped(asSentence(description))];
}

function optionLines({ short, long, value, description }: OptionOutline): string[] {
  const flags = [...(short === undefined ? [] : [short]), long].map((flag) => `\\fB${escaped(flag)}\\fR`);
  const taken = value === undefined ? "" : ` \\fI${escaped(value.name)}\\fR`;
  return [".TP", `${flags.join(", ")}${taken}`, escaped(asSentence(description))];
}

function statusLines(key: string, says: string): string[] {
  return [".TP", `.B ${EXIT[key as keyof typeof EXIT]}`, escaped(says)];
}

function exampleLines(what: string, command: string, isFirst: boolean): string[] {
  const said = what === "" ? [] : [...(isFirst ? [] : [".PP"]), escaped(what)];
  return [...said, ".RS", ".nf", escaped(command), ".fi", ".RE"];
}

/** The first stands below its heading. */
function paragraphs(...texts: readonly string[]): string[] {
  return texts.flatMap((text, i) => (i === 0 ? [escaped(text)] : [".PP", escaped(text)]));
}

function asSentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** As the line of NAME has it, which programs read: no capital, no full stop. */
function lowered(text: string): string {
  return (text.slice(0, 1).toLowerCase() + text.slice(1)).replace(/\.$/, "");
}

/** A text as roff shows it: a hyphen is one to copy, and nothing is a request. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/[^\x20-\x7e]/gu, (symbol) => {
      const code = symbol.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
    })
    .replace(/^[.']/, "\\&$&");
}
