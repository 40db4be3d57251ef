/** Completion for fish: a line for each word, with the place that it belongs to. */
import type { CommandNode, Value } from './command-tree.ts';

export function fishCompletion(nodes: CommandNode[]): string {
  const paths = nodes.map(({ path }) => quote(path)).join(' ');
  const valued = nodes.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== undefined)
      .flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])])
      .map((flag) => quote(`${path}|${flag}`)),
  );
  return `# Completion of kiln for fish. Load it with: kiln completion fish | source
set -g __kiln_paths ${paths}
set -g __kiln_valued ${valued.join(' ')}
${WALK}
complete -c kiln -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, arguments: all, repeats }: CommandNode): string[] {
  const at = (count?: number | string): string =>
    `complete -c kiln -n ${quote(`__kiln_at ${quote(path)}${count === undefined ? '' : ` ${count}`}`)}`;
  return [
    ...commands.map(({ name, description }) => `${at()} -a ${quote(name)} -d ${quote(description)}`),
    ...options.map(({ short, long, description, value }) => {
      const flags = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
      return `${at()}${flags}${value === undefined ? '' : ` -r${offered(value)}`} -d ${quote(description)}`;
    }),
    ...all.map((value, index) => `${at(repeats && index === all.length - 1 ? '"*"' : index)}${offered(value)}`),
  ];
}

/** Options of \`complete\`: what is not a file says so. */
function offered(value: Value): string {
  if (typeof value !== 'string') return ` -x -a ${quote(value.words.join(' '))}`;
  if (value === 'file') return ' -F';
  if (value === 'folder') return ` -x -a ${quote('(__fish_complete_directories)')}`;
  return value === 'anything' ? ' -x' : ` -x -a ${quote(`(kiln names ${value} 2>/dev/null)`)}`;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

const WALK = `# Whether the words so far lead to a command, and to its argument of that number, from 0; * is any.
function __kiln_at
    set -l path ''
    set -l count 0
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if string match -q -- '-*' $word
            contains -- "$path|$word" $__kiln_valued; and set value yes
        else
            set -l next (string trim -- "$path $word")
            if contains -- $next $__kiln_paths
                set path $next
            else
                set count (math $count + 1)
            end
        end
    end
    test "$path" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test "$argv[2]" = '*'; or test "$argv[2]" = $count
end`;
