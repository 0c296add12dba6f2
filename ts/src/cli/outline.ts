import type { Argument, Command, Option } from "commander";

/** What stands on the command line in one place. */
export interface Word {
  /** As `--help` calls it: `n`, `file`, `word|file`. */
  readonly name: string;
  /** The words that it may be; none where there are too many to tell. */
  readonly words: readonly string[];
  /** Whether it may be the path of a file. */
  readonly isFile: boolean;
}

/** One option as `--help` shows it. */
export interface OptionOutline {
  /** `-h`, where there is one. */
  readonly short: string | undefined;
  /** `--hidden-size` */
  readonly long: string;
  /** `undefined` of a switch. */
  readonly value: Word | undefined;
  readonly description: string;
  /** The heading above it. */
  readonly heading: string;
}

/** One argument. */
export interface ArgumentOutline extends Word {
  readonly description: string;
  readonly isRequired: boolean;
}

/** One command, or the program itself. */
export interface CommandOutline {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly ArgumentOutline[];
  readonly options: readonly OptionOutline[];
}

/** All that `--help` shows, as the shells and the manual page have it, too. */
export interface Outline extends CommandOutline {
  readonly commands: readonly CommandOutline[];
}

/** Values that are files, by their names. */
const FILES: readonly string[] = ["file", "path", "model", "checkpoint", "sample"];

/** What commander knows of the program. */
export function outlineOf(program: Command): Outline {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return { ...outlineOfOne(program, []), commands: commands.map((command) => outlineOfOne(command, names)) };
}

function outlineOfOne(command: Command, commands: readonly string[]): CommandOutline {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => outlineOfArgument(argument, commands)),
    options: help.visibleOptions(command).map((option) => outlineOfOption(option)),
  };
}

function outlineOfArgument(argument: Argument, commands: readonly string[]): ArgumentOutline {
  const { argChoices: choices, description, required: isRequired } = argument;
  const word = wordOf(argument.name(), argument.name() === "command" ? commands : choices);
  return { ...word, description, isRequired };
}

function outlineOfOption(option: Option): OptionOutline {
  const { short, long = "", flags, argChoices, description, helpGroupHeading: heading = "Options:" } = option;
  const [, name] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  const value = name === undefined ? undefined : wordOf(name, argChoices);
  return { short, long, value, description, heading };
}

function wordOf(name: string, choices: readonly string[] | undefined): Word {
  return { name, words: choices ?? [], isFile: name.split("|").some((one) => FILES.includes(one)) };
}
