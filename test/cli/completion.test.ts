// Shell completion and the manual page have every command and every option, and the programs that read them accept them.
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Command } from "commander";
import { makeProgram } from "../../ts/src/cli/program.js";
import { SHELLS } from "../../ts/src/cli/shells.js";
import { TOKENIZERS } from "../../ts/src/options/tokenizer-table.js";
import { run, useFolder } from "./run.js";

const folder = useFolder();

/** What commander's own help shows of each command: its options, as they are written on the command line. */
const program = makeProgram("1.2.3", () => undefined);
const commands: readonly Command[] = program.createHelp().visibleCommands(program);
const optionsOf = (command: Command): string[] =>
  [...command.helpInformation().matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = ""]) => option);

/** Whether a program is there. */
const has = (name: string) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;

/** What a program prints, after it has ended well and without a complaint. */
function printed(name: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(name, args, { input, encoding: "utf8" });
  expect({ status, stderr }, name).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const scripts: Record<string, string> = {};
let manual = "";

beforeAll(async () => {
  for (const shell of SHELLS) {
    const { status, stdout, stderr } = await run(process.cwd(), ["completion", shell]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    scripts[shell] = stdout;
  }
  ({ stdout: manual } = await run(process.cwd(), ["manual"]));
});

it("there are commands and options to look for", () => {
  expect(commands.map((command) => command.name())).toEqual(
    expect.arrayContaining(["train", "sample", "completion", "manual", "help"]),
  );
  const train = commands.find((command) => command.name() === "train");
  expect(train === undefined ? [] : optionsOf(train)).toEqual(
    expect.arrayContaining(["--hidden-size", "--no-keep-best", "--resume", "--help"]),
  );
});

describe.each(commands.map((command) => ({ name: command.name(), options: optionsOf(command) })))(
  "mynah $name",
  ({ name, options }) => {
    /** The part of a script or a page between its own mark and the next. */
    const part = (text: string, from: RegExp, to: RegExp): string => {
      const [, ...rest] = text.split(from);
      return rest.map((each) => each.split(to)[0]).join("\n");
    };

    it("is in bash's script with its options", () => {
      const { bash = "" } = scripts;
      expect(/^ {4}words="([^"]*)"/m.exec(bash)?.[1]?.split(" ")).toContain(name);
      const words = new RegExp(`"${name} -"\\*\\) words="([^"]*)"`).exec(bash)?.[1]?.split(" ") ?? [];
      expect(words.filter((word) => word.startsWith("--")).toSorted()).toEqual(options.toSorted());
    });

    it("is in zsh's script with its options", () => {
      const { zsh = "" } = scripts;
      expect(zsh).toMatch(new RegExp(`^ {4}'${name}:\\w`, "m"));
      const own = part(zsh, new RegExp(`^ {4}${name}\\)$`, "m"), /^ {6};;$/m);
      expect(own).toContain("_arguments");
      for (const option of options) expect(own).toMatch(new RegExp(`['*,]${option}[='},]`));
    });

    it("is in fish's script with its options", () => {
      const lines = (scripts["fish"] ?? "").split("\n");
      expect(lines.some((line) => line.includes(`__fish_use_subcommand -a ${name} -d '`))).toBe(true);
      const own = lines.filter((line) => line.includes(`__fish_seen_subcommand_from ${name}'`));
      for (const option of options) {
        expect(
          own.some((line) => line.includes(` -l ${option.slice(2)} `)),
          option,
        ).toBe(true);
      }
    });

    it("is in the manual page with its options", () => {
      const own = part(manual, new RegExp(`^\\.SS "mynah ${name}\\b.*$`, "m"), /^\.S[SH] /m);
      expect(own).not.toBe("");
      for (const option of options) expect(own).toContain(`\\fB${option.replaceAll("-", "\\-")}\\fR`);
    });
  },
);

it("a value that is a word or a file is completed as both", () => {
  const words = TOKENIZERS.join(" ");
  const [ofZsh] = /^ +'\*--tokenizer='.*$/m.exec(scripts["zsh"] ?? "") ?? [];
  expect(ofZsh).toContain(`:word|file:{ compadd -- ${words}; _files }'`);
  expect(scripts["fish"]).toMatch(new RegExp(`-l tokenizer -r -F -a '${words}' -d '`));
  expect(manual).toContain("\\fB\\-\\-tokenizer\\fR \\fIword|file\\fR");
});

it.each([
  ["corpus", "text", "fables fables-zh dinosaurs"],
  ["cells", "list", "rnn gru lstm min-gru min-lstm transformer"],
])("words that only the command itself checks are offered for --%s", (flag, name, words) => {
  expect(scripts["zsh"]).toContain(`:${name}:(${words})'`);
  expect(scripts["fish"]).toMatch(new RegExp(`-l ${flag} -r -f -a '${words}' -d '`));
  expect(scripts["bash"]).toMatch(new RegExp(` --${flag}"\\) words="${words}" ;;`));
});

describe.skipIf(!has("bash"))("bash", () => {
  beforeEach(() => writeFile(folder.file("script"), scripts["bash"] ?? ""));

  /** What is offered for the last of these words. */
  const offered = (...words: readonly string[]): string[] => {
    const simulate = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mynah; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const lines = printed("bash", ["--norc", "-c", simulate, folder.file("script"), "mynah", ...words]);
    return lines.split("\n").filter((line) => line !== "");
  };

  it("accepts the script", () => {
    printed("bash", ["-n", folder.file("script")]);
    expect(printed("bash", ["--norc", "-c", '. "$0"; complete -p mynah', folder.file("script")])).toContain(
      "-F _mynah mynah",
    );
  });

  it("loads it as the script and the README say", async () => {
    const here = /Here and now: (.*)$/m.exec(scripts["bash"] ?? "")?.[1] ?? "";
    expect(await readFile("README.md", "utf8")).toContain(`\`${here}\``);
    // Bash 3.2 reads nothing from a process substitution, and complains of nothing.
    expect(here).not.toContain("<(");
    const load = `mynah() { [ "$*" = "completion bash" ] && cat "$0"; }; ${here}; complete -p mynah`;
    expect(printed("bash", ["--norc", "-c", load, folder.file("script")])).toContain("-F _mynah mynah");
  });

  it("offers commands, options and words", () => {
    expect(offered("")).toEqual(expect.arrayContaining(["train", "sample", "--help", "--version"]));
    expect(offered("tr")).toEqual(["train"]);
    expect(offered("train", "--hidden")).toEqual(["--hidden-size"]);
    expect(offered("train", "--no-keep")).toEqual(["--no-keep-best"]);
    expect(offered("train", "--cell", "min")).toEqual(["min-gru", "min-lstm"]);
    expect(offered("train", "--tokenizer", "")).toEqual([...TOKENIZERS]);
    expect(offered("train", "--cell", "=", "min-g")).toEqual(["min-gru"]);
    expect(offered("train", "--cell", "=")).toContain("lstm");
    expect(offered("sample", "--cell", "")).toEqual([]);
    expect(offered("completion", "")).toEqual([...SHELLS]);
    expect(offered("help", "insp")).toEqual(["inspect"]);
  });

  it("leaves files to bash", () => {
    expect(offered("train", "")).toEqual([]);
    expect(offered("train", "--resume", "")).toEqual([]);
    expect(offered("train", "--hidden-size", "")).toEqual([]);
    expect(offered("train", "--tokenizer", "./mine.j")).toEqual([]);
    expect(scripts["bash"]).toContain("complete -o default ");
  });
});

describe.skipIf(!has("zsh"))("zsh", () => {
  beforeEach(() => writeFile(folder.file("_mynah"), scripts["zsh"] ?? ""));

  it("accepts the script", () => {
    printed("zsh", ["-f", "-n", folder.file("_mynah")]);
    const load = 'autoload -Uz compinit; compinit -u -D; . "$1"; print "$_comps[mynah] $+functions[_mynah]"';
    expect(printed("zsh", ["-f", "-c", load, "zsh", folder.file("_mynah")])).toBe("_mynah 1\n");
  });

  it("finds it in a folder of fpath", () => {
    const load = 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[mynah]';
    expect(printed("zsh", ["-f", "-c", load, "zsh", folder.path])).toBe("_mynah\n");
  });
});

describe.skipIf(!has("fish"))("fish", () => {
  beforeEach(() => writeFile(folder.file("script"), scripts["fish"] ?? ""));

  it("accepts the script, and offers commands, options and words", () => {
    printed("fish", ["--no-execute", folder.file("script")]);
    const offered = (line: string): string[] => {
      const load = `source $argv[1]; complete -C $argv[2]`;
      const lines = printed("fish", ["--no-config", "-c", load, folder.file("script"), line]).split("\n");
      return lines.map((each) => each.split("\t")[0] ?? "").filter((each) => each !== "");
    };
    expect(offered("mynah tr")).toEqual(["train"]);
    expect(offered("mynah train --hidden")).toEqual(["--hidden-size"]);
    expect(offered("mynah train --cell min")).toEqual(["min-gru", "min-lstm"]);
    const either = offered("mynah train --tokenizer ");
    expect(either).toEqual(expect.arrayContaining([...TOKENIZERS]));
    expect(either.length, "and what is in the folder").toBeGreaterThan(TOKENIZERS.length);
    expect(offered("mynah completion ")).toEqual(expect.arrayContaining([...SHELLS]));
    expect(offered("mynah help insp")).toEqual(["inspect"]);
  });
});

describe("the manual page", () => {
  it("has what a manual page has", () => {
    expect(manual).toMatch(/^\.TH MYNAH 1 "" "mynah \d+\.\d+\.\d+"/);
    const headings = [...manual.matchAll(/^\.SH (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "OPTIONS",
      "COMMANDS",
      "EXIT STATUS",
      "EXAMPLES",
    ]);
    expect(manual).toMatch(/^mynah \\- trains [^.]*$/m);
    expect(manual, "all of it is ASCII").toMatch(/^[\n\x20-\x7e]*$/);
  });

  it("says what --help says", async () => {
    const { stdout } = await run(folder.path, ["sample", "--help"]);
    const [, help = ""] = /--top-k <n> +(.*?)\n {2}--/s.exec(stdout) ?? [];
    const said = help.replace(/\s+/g, " ").trim();
    expect(said).toContain("likeliest");
    const shown = manual.replaceAll("\\-", "-").toLowerCase();
    expect(shown).toContain(`\\fb--top-k\\fr \\fin\\fr\n${said.toLowerCase()}.`);
  });

  it.skipIf(!has("groff"))("is set by groff without a warning", () => {
    const page = printed("groff", ["-man", "-Tascii", "-ww", "-P-cbou"], manual);
    expect(page).toContain("--hidden-size n");
    expect(page).toMatch(/EXIT STATUS\n\s+0\s+Done\./);
  });

  it.skipIf(!has("mandoc"))("is accepted by mandoc", () => {
    printed("mandoc", ["-T", "lint", "-W", "error"], manual);
  });
});
