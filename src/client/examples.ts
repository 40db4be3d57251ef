/** Examples of a command: shown below its help, and in the reference of the commands. */
import type { Command } from 'commander';

export type Example = [line: string, what: string];

const known = new WeakMap<Command, Example[]>();

export function withExamples(command: Command, examples: Example[]): Command {
  known.set(command, examples);
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const examplesOf = (command: Command): Example[] => known.get(command) ?? [];
