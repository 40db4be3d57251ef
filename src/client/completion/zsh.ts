/** Completion for zsh: as for bash, and each word with what it does. */
import { quote } from './bash.ts';
import type { CommandNode, Value } from './command-tree.ts';

export function zshCompletion(nodes: CommandNode[]): string {
  const table = (name: string, rows: string[]): string =>
    `${name}() {\n  reply=()\n  case $1 in\n${rows.map((row) => `    ${row}`).join('\n')}\n  esac\n}`;
  const row = (key: string, words: string[]): string => `(${quote(key)}) reply=(${words.map(quote).join(' ')}) ;;`;
  const described = (name: string, description: string): string => `${name}:${description.replaceAll(':', '\\:')}`;
  const commands = nodes
    .filter((node) => node.commands.length > 0)
    .map((node) =>
      row(
        node.path,
        node.commands.map(({ name, description }) => described(name, description)),
      ),
    );
  const options = nodes.map((node) =>
    row(
      node.path,
      node.options.map(({ long, description }) => described(long, description)),
    ),
  );
  const values = nodes.flatMap((node) =>
    node.options.flatMap(({ short, long, value }) =>
      value === undefined
        ? []
        : [long, ...(short === undefined ? [] : [short])].map((flag) => row(`${node.path}|${flag}`, words(value))),
    ),
  );
  const args = nodes.flatMap(({ path, arguments: all, repeats }) => [
    ...all.map((value, at) => row(`${path}|${at}`, words(value))),
    ...(repeats
      ? [
          `(${quote(`${path}|`)}*) reply=(${words(all.at(-1) ?? 'anything')
            .map(quote)
            .join(' ')}) ;;`,
        ]
      : []),
  ]);
  return `#compdef kiln
# Completion of kiln for zsh. Load it with: source <(kiln completion zsh), after compinit
${table('_kiln_commands', commands)}
${table('_kiln_options', options)}
${table('_kiln_values', values)}
${table('_kiln_arguments', args)}
${WALK}`;
}

const words = (value: Value): string[] => (typeof value === 'string' ? [`@${value}`] : [...value.words]);

const WALK = `_kiln_offer() {
  case \${1-} in
    (@file) _files ;;
    (@folder) _files -/ ;;
    (@anything|'') ;;
    (@*) compadd -- \${(f)"$(\${words[1]} names \${1#@} 2>/dev/null)"} ;;
    (*) compadd -- "$@" ;;
  esac
}
_kiln() {
  local -a reply value found
  local at='' word count=0 i
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if (( \${#value} )); then
      value=()
      continue
    fi
    case $word in
      (-*=*) ;;
      (-*) _kiln_values "$at|$word"; value=("\${reply[@]}") ;;
      (*)
        _kiln_commands "$at"
        found=(\${(M)reply:#$word:*})
        if (( \${#found} )); then at=\${at:+$at }$word; else ((count++)); fi ;;
    esac
  done
  if (( \${#value} )); then
    _kiln_offer "\${value[@]}"
  elif [[ $PREFIX == -*=* ]]; then
    _kiln_values "$at|\${PREFIX%%=*}"
    compset -P '*='
    _kiln_offer "\${reply[@]}"
  elif [[ $PREFIX == -* ]]; then
    _kiln_options "$at"
    _describe -o option reply
  else
    _kiln_commands "$at"
    if (( \${#reply} )); then
      _describe command reply
    else
      _kiln_arguments "$at|$count"
      _kiln_offer "\${reply[@]}"
    fi
  fi
}
compdef _kiln kiln
`;
