/** Completion for bash: tables made of the commands, and one function that finds its way through the words so far. */
import type { CommandNode, Value } from './command-tree.ts';

export function bashCompletion(nodes: CommandNode[]): string {
  const table = (name: string, rows: string[]): string =>
    `${name}() {\n  case "$1" in\n${rows.map((row) => `    ${row}`).join('\n')}\n  esac\n}`;
  const row = (key: string, value: string): string => `${quote(key)}) echo ${quote(value)} ;;`;
  const commands = nodes
    .filter((node) => node.commands.length > 0)
    .map((node) => row(node.path, node.commands.map(({ name }) => name).join(' ')));
  const options = nodes.map((node) => row(node.path, node.options.map(({ long }) => long).join(' ')));
  const values = nodes.flatMap((node) =>
    node.options.flatMap(({ short, long, value }) =>
      value === undefined
        ? []
        : [long, ...(short === undefined ? [] : [short])].map((flag) => row(`${node.path}|${flag}`, word(value))),
    ),
  );
  return `# Completion of kiln for bash. Load it with: source <(kiln completion bash)
${table('_kiln_commands', commands)}
${table('_kiln_options', options)}
${table('_kiln_values', values)}
${table('_kiln_arguments', argumentRows(nodes, row))}
${WALK}`;
}

/** \`path|0\`, \`path|1\`, and \`path|*\` where the last may be given again. */
function argumentRows(nodes: CommandNode[], row: (key: string, value: string) => string): string[] {
  return nodes.flatMap(({ path, arguments: all, repeats }) => [
    ...all.map((value, at) => row(`${path}|${at}`, word(value))),
    ...(repeats ? [`${quote(`${path}|`)}*) echo ${quote(word(all.at(-1) ?? 'anything'))} ;;`] : []),
  ]);
}

const word = (value: Value): string => (typeof value === 'string' ? `@${value}` : value.words.join(' '));

export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const WALK = `_kiln_offer() {
  case $1 in
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    @folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    @anything|'') ;;
    @*) mapfile -t COMPREPLY < <(compgen -W "$(\${COMP_WORDS[0]} names "\${1#@}" 2>/dev/null)" -- "$2") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2") ;;
  esac
}
_kiln() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path='' value='' count=0 i word
  COMPREPLY=()
  # bash parts --option=value at the sign.
  [[ $cur == '=' ]] && cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      [[ -z $value ]] && ((i++))
    elif [[ -n $value ]]; then
      value=''
    elif [[ $word == -* ]]; then
      value=$(_kiln_values "$path|$word")
    elif [[ " $(_kiln_commands "$path") " == *" $word "* ]]; then
      path=\${path:+$path }$word
    else
      ((count++))
    fi
  done
  # What follows the sign in name=value.
  ((i > COMP_CWORD)) && return
  if [[ -n $value ]]; then
    _kiln_offer "$value" "$cur"
  elif [[ $cur == -* ]]; then
    _kiln_offer "$(_kiln_options "$path")" "$cur"
  elif [[ -n $(_kiln_commands "$path") ]]; then
    _kiln_offer "$(_kiln_commands "$path")" "$cur"
  else
    _kiln_offer "$(_kiln_arguments "$path|$count")" "$cur"
  fi
}
complete -F _kiln kiln
`;
