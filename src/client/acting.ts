/** How the commands of the several files are added to the program. */
import type { Command } from 'commander';
import { many } from './option-values.ts';
import type { Settings } from './settings.ts';

/** Makes of a command's work what commander calls: it gets the settings first, and answers with the exit code. */
export type Act = <A extends unknown[]>(
  work: (settings: Settings, ...args: A) => number | Promise<number>,
) => (...args: A) => Promise<void>;

/** Adds the options by which a template file is read. @param file `[file]` where it may be left out */
export function takesTemplate(command: Command, file: '<file>' | '[file]' = '<file>'): Command {
  return command
    .argument(file, 'an image template: a resource body or a deployment template')
    .option('--param <name=value>', 'a parameter or placeholder of the template (again for more)', many)
    .option('--parameters <file>', 'a file of parameters')
    .option('--identity <id>', 'a user-assigned identity to add (again for more)', many)
    .option('--resource-group <name>', "the template's own resource group")
    .option('--location <region>', 'for a template that names none')
    .option('--subscription <id>', 'a subscription other than the default one')
    .option('--id <run>', 'name of the run; a second build of that name finds the first, running or ended')
    .option('--json', 'the result as JSON on stdout, progress on stderr');
}
