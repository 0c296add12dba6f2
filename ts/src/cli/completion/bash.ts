import type { CommandOutline, Outline } from "../outline.js";

/**
 * The completion script for bash, from 3.2 on, which is that of macOS and sources nothing from a process substitution. Where the script has no
 * words to offer, bash offers files.
 */
export function bashCompletion({ name, commands, options }: Outline): string {
  const first = [...commands.map((command) => command.name), ...flagsOf({ options })];
  return `# bash completion for ${name}. Here and now: eval "$(${name} completion bash)"
# Always: ${name} completion bash > ~/.local/share/bash-completion/completions/${name}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" words=""
  # Of --option=value the sign is a word of its own.
  if [[ "$current" == "=" ]]; then
    current=""
  elif [[ "$previous" == "=" ]]; then
    previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  if ((COMP_CWORD == 1)); then
    words="${first.join(" ")}"
  else
    case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valuesOf).join("\n")}
    *)
      case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(wordsOf).join("\n")}
      esac
      ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

function flagsOf({ options }: Pick<CommandOutline, "options">): string[] {
  return options.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
}

/** What follows options that take a value. */
function valuesOf({ name, options }: CommandOutline): string[] {
  const patterns = (takes: (value: string | readonly string[]) => boolean): string =>
    options
      .filter(({ value }) => value !== undefined && takes(value.takes))
      .map(({ long }) => `"${name} ${long}"`)
      .join(" | ");
  const lines = options.flatMap(({ long, value }) =>
    value === undefined || typeof value.takes === "string"
      ? []
      : [`    "${name} ${long}") words="${value.takes.join(" ")}" ;;`],
  );
  const free = patterns((takes) => typeof takes === "string");
  return free === "" ? lines : [...lines, `    ${free}) ;;`];
}

/** What else a command knows: its options, and the words of its arguments. */
function wordsOf(command: CommandOutline): string[] {
  const { name, arguments: taken } = command;
  const words = taken.flatMap(({ takes }) => (typeof takes === "string" ? [] : takes));
  const flags = `      "${name} -"*) words="${flagsOf(command).join(" ")}" ;;`;
  return words.length === 0 ? [flags] : [flags, `      "${name} "*) words="${words.join(" ")}" ;;`];
}
