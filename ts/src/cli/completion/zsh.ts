import type { CommandOutline, OptionOutline, Outline, Word } from "../outline.js";

/** The completion script for zsh: for a folder of `fpath`, or to be sourced. */
export function zshCompletion({ name, commands, options }: Outline): string {
  const described = commands.map(
    (command) => `    ${quoted(`${command.name}:${firstLine(command.description)}`)}`,
  );
  return `#compdef ${name}
# zsh completion for ${name}. Here and now, after compinit: source <(${name} completion zsh)
# Always: ${name} completion zsh > "\${fpath[1]}/_${name}"
_${name}() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${described.join("\n")}
  )
  _arguments -C ${options.map(optionSpec).join(" ")} '1:command:->command' '*::argument:->argument' && return
  case "$state" in
  command)
    _describe -t commands command commands
    ;;
  argument)
    case "$line[1]" in
${commands.map(caseOf).join("\n")}
    esac
    ;;
  esac
}
if [[ "$funcstack[1]" == "_${name}" ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function caseOf({ name, options, arguments: taken }: CommandOutline): string {
  const specs = [
    ...options.map(optionSpec),
    ...taken.map((word, i) => quoted(`${i + 1}${word.isRequired ? "" : ":"}${action(word)}`)),
  ];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${spec}`).join(" \\\n")}\n      ;;`;
}

/** May be given several times: zsh does not know which may not. */
function optionSpec({ short, long, value, description }: OptionOutline): string {
  const rest = quoted(
    `[${firstLine(description).replace(/[\\[\]:]/g, "\\$&")}]${value === undefined ? "" : action(value)}`,
  );
  const flag = (name: string): string => (value === undefined ? name : `${name}=`);
  return short === undefined ? `'*${flag(long)}'${rest}` : `'*'{${flag(short)},${flag(long)}}${rest}`;
}

function action({ name, words, isFile }: Word): string {
  if (words.length === 0) return isFile ? `:${name}:_files` : `:${name}: `;
  const all = words.join(" ");
  return isFile ? `:${name}:{ compadd -- ${all}; _files }` : `:${name}:(${all})`;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
