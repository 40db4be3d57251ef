/** The commands that help to use the others. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Act } from './acting.ts';
import { bashCompletion } from './completion/bash.ts';
import { commandTree, NAME_KINDS } from './completion/command-tree.ts';
import type { CommandNode, NameKind } from './completion/command-tree.ts';
import { fishCompletion } from './completion/fish.ts';
import { knownNames } from './completion/names.ts';
import { zshCompletion } from './completion/zsh.ts';
import { withExamples } from './examples.ts';
import { EXIT } from './exit-codes.ts';

const SHELLS: Record<string, (nodes: CommandNode[]) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function addHelpers(program: Command, act: Act): void {
  withExamples(program.command('completion'), [
    ['source <(kiln completion bash)', 'in ~/.bashrc'],
    ['source <(kiln completion zsh)', 'in ~/.zshrc, after compinit'],
    ['kiln completion fish >~/.config/fish/completions/kiln.fish', 'once'],
  ])
    .description('completion of commands, options, files, runs and templates for a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .action(
      act((_settings, shell: string) => {
        process.stdout.write(SHELLS[shell]?.(commandTree(program)) ?? '');
        return EXIT.done;
      }),
    );
  program
    .command('names', { hidden: true })
    .description('what completion offers')
    .addArgument(new Argument('<kind>').choices(NAME_KINDS))
    .action(
      act(async (settings, kind: NameKind) => {
        const names = await knownNames(kind, settings).catch(() => []);
        for (const name of names) console.log(name);
        return EXIT.done;
      }),
    );
}
