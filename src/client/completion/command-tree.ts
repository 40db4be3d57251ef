/** The commands as completion needs them: every path of words, with what may follow it. Pure. */
import type { Argument, Command, Option } from 'commander';

/** What a value may be: one of some words, a file, a folder, a name that only Temporal knows, or anything. */
export type Value = { words: readonly string[] } | 'file' | 'folder' | NameKind | 'anything';

/** What `kiln names KIND` lists. */
export type NameKind = (typeof NAME_KINDS)[number];
export const NAME_KINDS = ['runs', 'templates', 'schedules'] as const;

export interface CommandNode {
  /** The words that lead here, as in `template run`; empty for kiln itself. */
  path: string;
  commands: Array<{ name: string; description: string }>;
  options: CompletedOption[];
  /** In order; the last one of a command that takes several stands for all that follow. */
  arguments: Value[];
  /** Whether the last argument may be given again. */
  repeats: boolean;
}

export interface CompletedOption {
  short?: string;
  long: string;
  description: string;
  /** Absent: it takes none. */
  value?: Value;
}

/** A command and all below it, that first; what is hidden is left out. */
export function commandTree(
  command: Command,
  path: string[] = [],
  above: Option[] = [],
  beside: string[] = [],
): CommandNode[] {
  const help = command.createHelp();
  // Each command that has some has a help of its own; one is enough.
  const below = help.visibleCommands(command).filter((one) => path.length === 0 || one.name() !== 'help');
  const own = help.visibleOptions(command);
  const global = above.filter(({ long }) => long !== '--version' && long !== '--help');
  const node: CommandNode = {
    path: path.join(' '),
    commands: below.map((one) => ({ name: one.name(), description: one.description() })),
    options: [...own, ...global].map(completed),
    arguments: command.registeredArguments.map((one) =>
      path[0] === 'help' ? { words: beside } : valueOf(one.name(), one, path),
    ),
    repeats: command.registeredArguments.at(-1)?.variadic === true,
  };
  const names = below.map((one) => one.name());
  return [node, ...below.flatMap((one) => commandTree(one, [...path, one.name()], [...own, ...global], names))];
}

function completed(option: Option): CompletedOption {
  const { short, long, description, flags } = option;
  const placeholder = /[<[]([^>\]]*)[>\]]/.exec(flags)?.[1];
  return {
    ...(short === undefined ? {} : { short }),
    long: long ?? flags,
    description,
    ...(placeholder === undefined ? {} : { value: valueOf(placeholder, option, []) }),
  };
}

/** Told by the placeholder in the command's own help, so that a new command need say nothing for completion. */
function valueOf(placeholder: string, { argChoices }: Pick<Argument, 'argChoices'>, path: string[]): Value {
  if (argChoices !== undefined) return { words: argChoices };
  switch (placeholder) {
    case 'file':
      return 'file';
    case 'folder':
      return 'folder';
    case 'run':
      return 'runs';
    case 'template':
    case 'templates':
      return 'templates';
    case 'name':
      return path[0] === 'schedule' ? 'schedules' : 'anything';
    default:
      return 'anything';
  }
}
