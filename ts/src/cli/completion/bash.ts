import type { CommandOutline, Outline } from "../outline.js";

/**
 * The completion script for bash, from 3.2 on, which is that of macOS and sources nothing from a process substitution. Where it has no words
 * that fit, bash offers files.
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
  const taken = options.flatMap(({ long, value }) =>
    value === undefined ? [] : [{ pattern: `"${name} ${long}"`, words: value.words }],
  );
  const lines = taken
    .filter(({ words }) => words.length > 0)
    .map(({ pattern, words }) => `    ${pattern}) words="${words.join(" ")}" ;;`);
  const free = taken.filter(({ words }) => words.length === 0).map(({ pattern }) => pattern);
  return free.length === 0 ? lines : [...lines, `    ${free.join(" | ")}) ;;`];
}

/** What else a command knows: its options, and the words of its arguments. */
function wordsOf(command: CommandOutline): string[] {
  const { name, arguments: taken } = command;
  const words = taken.flatMap((argument) => argument.words);
  const flags = `      "${name} -"*) words="${flagsOf(command).join(" ")}" ;;`;
  return words.length === 0 ? [flags] : [flags, `      "${name} "*) words="${words.join(" ")}" ;;`];
}
