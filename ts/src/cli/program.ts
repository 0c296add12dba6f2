import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { evaluate } from "./commands/eval.js";
import { fill } from "./commands/fill.js";
import { gradients } from "./commands/gradients.js";
import { inspect } from "./commands/inspect.js";
import { overlap } from "./commands/overlap.js";
import { preview } from "./commands/preview.js";
import { sample } from "./commands/sample.js";
import { score } from "./commands/score.js";
import { suggest } from "./commands/suggest.js";
import { tokenizer } from "./commands/tokenizer.js";
import { train } from "./commands/train.js";
import { addFlags, type Flags } from "./flags.js";
import { SHELLS, type Shell } from "./shells.js";
import { corpora } from "../corpora/names.js";
import { nearest } from "../options/nearest.js";
import { OPTION_TABLE } from "../options/table.js";

/**
 * The command line. Its options come from the library's own table.
 *
 * @param version - for `--version`
 * @param onEnd - gets the exit status of the command that ran
 */
export function makeProgram(version: string, onEnd: (status: number) => void): Command {
  const program = new Command("mynah")
    .description("Trains a small recurrent text model on your own text, and writes more of its kind.")
    .version(version, "-v, --version", "print the version")
    .helpCommand(false);
  const commands = [
    trainCommand((file, flags) => train(file, flags).then(onEnd)),
    sampleCommand((model, flags) => sample(model, flags).then(onEnd)),
    fillCommand((model, blanks, flags) => fill(model, blanks, flags).then(onEnd)),
    evalCommand((model, file, flags) => evaluate(model, file, flags).then(onEnd)),
    scoreCommand((model, file, flags) => score(model, file, flags).then(onEnd)),
    suggestCommand((model, text, flags) => suggest(model, text, flags).then(onEnd)),
    overlapCommand((sampled, file, flags) => overlap(sampled, file, flags).then(onEnd)),
    inspectCommand((model, flags) => inspect(model, flags).then(onEnd)),
    tokenizerCommand((model, flags) => tokenizer(model, flags).then(onEnd)),
    previewCommand((file, flags) => preview(file, flags).then(onEnd)),
    gradientsCommand((file, flags) => gradients(file, flags).then(onEnd)),
    completionCommand(async (shell) => {
      const { completion } = await import("./commands/completion.js");
      onEnd(completion(program, shell));
    }),
    manualCommand(async () => {
      const { manual } = await import("./commands/manual.js");
      onEnd(manual(program, version));
    }),
  ];
  for (const command of commands) program.addCommand(command);
  const help = helpCommand(program);
  program.addCommand(help);
  for (const command of [program, ...commands, help]) {
    // Commander prints nothing and ends nothing: main.ts has the last word on both.
    command.exitOverride().configureOutput({ outputError: () => undefined });
    command.configureHelp({ optionDescription: ({ description }) => description, sortOptions: false });
    command.helpOption("-h, --help", "print this help");
  }
  return program;
}

/** Commander's own shows the help of the program for a name that none has. */
function helpCommand(program: Command): Command {
  return new Command("help")
    .description("print the help of a command")
    .argument("[command]")
    .action((name?: string) => {
      if (name === undefined) program.help();
      const found = program.commands.find((command) => command.name() === name);
      if (found !== undefined) found.help();
      const meant = nearest(
        name,
        program.commands.map((command) => command.name()),
      );
      const hint = meant === undefined ? "" : `\n(Did you mean ${meant}?)`;
      program.error(`error: unknown command '${name}'${hint}`, { code: "commander.unknownCommand" });
    });
}

function trainCommand(run: (file: string | undefined, flags: Flags) => Promise<void>): Command {
  const command = new Command("train")
    .description(
      "learn a text and save the model; Ctrl-C stops and saves, and --resume goes on from there.\nNo option is needed; a first run may want --preset or --seconds.",
    )
    .argument("[file]", "a UTF-8 text, or - for stdin")
    .option("--out <path>", "where the model goes (default: the text's name, with .safetensors)")
    .addOption(documentsOption())
    .option("--from <model>", "train this model further, and no new one")
    .option("--grow-alphabet", "with --from: learn the text's new symbols, too")
    .option("--resume <checkpoint>", "go on with a run that was stopped, on the same text")
    .addOption(
      new Option("--autosave <seconds>", "save a checkpoint so often while training").argParser(parseSeconds),
    )
    .addOption(
      new Option("--sample-every <seconds>", "show so often what the model writes by now").argParser(
        parseSeconds,
      ),
    )
    .option("--sample-prompt <text>", "what these samples go on from")
    .option("--json", "one JSON object per line on stdout");
  addFlags(command, ["create", "train"]);
  return command.action(run);
}

function sampleCommand(run: (model: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("sample")
    .description("write text with a model")
    .argument("<model>", "a model file");
  addFlags(command, ["sample", "sampleMany", "load"]);
  return command.option("--json", "one JSON object per text on stdout, without the prompt").action(run);
}

function fillCommand(run: (model: string, text: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("fill")
    .description("fill in the blanks of a text, with a model that was trained with --bidirectional")
    .argument("<model>", "a model file")
    .argument("<text>", "the text with its blanks, or - for stdin");
  addFlags(command, ["fill", "load"]);
  return command.option("--json", "one JSON object on stdout").action(run);
}

function evalCommand(run: (model: string, file: string | undefined, flags: Flags) => Promise<void>): Command {
  const command = new Command("eval")
    .description("measure how well a model foresees a text")
    .argument("<model>", "a model file")
    .argument("[file]", "a UTF-8 text, or - for stdin")
    .addOption(documentsOption());
  addFlags(command, ["evaluate", "load"]);
  return command.option("--json", "one JSON object on stdout").action(run);
}

function scoreCommand(run: (model: string, file: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("score")
    .description("show what surprised a model in a text; of a model of documents, in one document")
    .argument("<model>", "a model file")
    .argument("<file>", "a UTF-8 text, or - for stdin");
  addFlags(command, ["score", "load"]);
  return command.option("--json", "one JSON object per symbol on stdout, and one for all").action(run);
}

function suggestCommand(run: (model: string, text: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("suggest")
    .description(
      "say what is likely to come next in a text: the rest of a word, or the next symbol.\nAdvice for a training is something else: train --preset here, suggest() in the package.",
    )
    .argument("<model>", "a model file")
    .argument("<text>", "the text so far, or - for stdin");
  addFlags(command, ["sessionSuggest", "feed", "load"]);
  return command.option("--json", "one JSON object for each on stdout").action(run);
}

function overlapCommand(
  run: (sampled: string, file: string | undefined, flags: Flags) => Promise<void>,
): Command {
  const command = new Command("overlap")
    .description("show what a text has copied, word for word, from the text that a model has learnt")
    .argument("<sample>", "a UTF-8 text, or - for stdin")
    .argument("[file]", "what was learnt: a UTF-8 text, or - for stdin")
    .addOption(documentsOption())
    .addOption(
      completed(new Option("--corpus <text>", "a text that comes with mynah instead of a file"), corpora),
    );
  addFlags(command, ["overlap"]);
  return command.option("--json", "one JSON object per run on stdout, and one for all").action(run);
}

function inspectCommand(run: (model: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("inspect")
    .description("say what is in a model file")
    .argument("<model>", "a model file");
  addFlags(command, ["load"]);
  return command.option("--json", "one JSON object on stdout").action(run);
}

function tokenizerCommand(run: (model: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("tokenizer")
    .description(
      "write the tokenizer of a model of bytes or bpe to stdout, as a tokenizer.json for other libraries",
    )
    .argument("<model>", "a model file");
  addFlags(command, ["load"]);
  return command.action(run);
}

function previewCommand(run: (file: string, flags: Flags) => Promise<void>): Command {
  const command = new Command("preview")
    .description("show what --normalization and --case-folding of train would change in a text")
    .argument("<file>", "a UTF-8 text, or - for stdin");
  addFlags(command, ["previewFolding"]);
  return command.option("--json", "one JSON object per change on stdout, and one for all").action(run);
}

function gradientsCommand(run: (file: string | undefined, flags: Flags) => Promise<void>): Command {
  const command = new Command("gradients")
    .description("show how the gradient fades on its way back through new models of several cells")
    .argument("[file]", "a UTF-8 text, or - for stdin")
    .addOption(
      completed(
        new Option("--cells <list>", "which cells, with commas between (default: rnn,gru,lstm)"),
        OPTION_TABLE.create.cell.choices,
      ).argParser(parseCells),
    );
  // A gradient is looked at with --cells instead.
  addFlags(command, ["gradientFlow", "create"], ["cell", "preset"]);
  return command.option("--json", "one JSON object per cell and line on stdout").action(run);
}

function completionCommand(run: (shell: Shell) => Promise<void>): Command {
  return new Command("completion")
    .description("print a script that has a shell complete this command; its first lines say where it goes")
    .addArgument(new Argument(`<${SHELLS.join("|")}>`, "which shell").choices(SHELLS))
    .action(run);
}

function manualCommand(run: () => Promise<void>): Command {
  return new Command("manual").description("print the manual page: mynah manual | man -l -").action(run);
}

/** Words for completion alone: `choices()` would refuse others in its own words. */
function completed(option: Option, words: readonly string[]): Option {
  option.argChoices = [...words];
  return option;
}

/** The cells of a list such as `rnn,gru`. */
function parseCells(list: string): string[] {
  // A transformer passes no gradient back from step to step.
  const known: readonly string[] = OPTION_TABLE.create.cell.choices.filter((cell) => cell !== "transformer");
  const cells = list.split(",").map((cell) => cell.trim());
  const strange = cells.find((cell) => !known.includes(cell));
  if (strange !== undefined) throw new InvalidArgumentError(`Allowed are ${known.join(", ")}.`);
  return cells;
}

/** `--documents`, and `--documents lines`, which is the same in full. */
function documentsOption(): Option {
  const option = new Option(
    "--documents [lines]",
    "each line is a text of its own: names, verses, headlines",
  );
  // Not `choices()`, which says nothing of a file that came to stand behind it.
  option.argChoices = ["lines"];
  return option.preset("lines").argParser((word) => {
    if (word !== "lines") throw new InvalidArgumentError('Only "lines" can follow; a file goes before it.');
    return true;
  });
}

function parseSeconds(text: string): number {
  const seconds = text.trim() === "" ? NaN : Number(text);
  if (!(seconds > 0 && seconds < Infinity)) throw new InvalidArgumentError("It must be a number above 0.");
  return seconds;
}
