/** The commands that take a template from a file, and those that help to write one. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { takesTemplate } from './acting.ts';
import type { Act } from './acting.ts';
import { build } from './commands/build.ts';
import { init, schema, STARTER_SOURCES } from './commands/files.ts';
import type { InitOptions } from './commands/files.ts';
import { plan, validate } from './commands/plan.ts';
import { role } from './commands/role.ts';
import type { RoleOptions } from './commands/role.ts';
import { withExamples } from './examples.ts';
import { ASSIGNEE_TYPES } from './role-definitions.ts';

export function addBuildCommands(program: Command, act: Act): void {
  withExamples(takesTemplate(program.command('build')), [
    ['kiln build template.json', 'on the local Azure'],
    ['kiln build template.json --param version=1.2.0 --json', 'a parameter filled; the result for a program'],
    ['kiln build template.json --id nightly-7', 'found again, not started again, by the same name'],
    ['kiln --client-only build template.json --id nightly-7 --retry', 'in a pipeline, with a worker elsewhere'],
    ['kiln --cloud azure build template.json', 'on Azure'],
  ])
    .description('build an image and watch it to the end')
    .option('--retry', 'what failed or was cancelled under that --id is built again, as <id>-2, <id>-3, …')
    .action(act((settings, file: string, options: object) => build(file, options, settings)));
  takesTemplate(program.command('plan'))
    .description('show what a build would create, with every default and version; creates nothing')
    .action(act((settings, file: string, options: object) => plan(file, options, settings)));
  takesTemplate(program.command('validate'))
    .description('check a template without asking Azure')
    .action(act((settings, file: string, options: object) => validate(file, options, settings)));
  takesTemplate(program.command('role'))
    .description('the smallest custom roles that let a worker build it, as a script of az commands')
    .option('--assignee <object id>', 'of the identity that the worker runs as')
    .addOption(
      new Option('--assignee-type <type>', 'what that is; a service principal unless given, as identities are').choices(
        ASSIGNEE_TYPES,
      ),
    )
    .action(act((settings, file: string, options: RoleOptions) => role(file, options, settings)));
  withExamples(program.command('init [file]'), [
    ['kiln init', 'template.json, for Linux'],
    ['kiln init windows.json --windows --from gallery', "for Windows, from a gallery's image"],
  ])
    .description('write a starter template')
    .option('--windows', 'for Windows Server: PowerShell, updates, a restart')
    .addOption(new Option('--from <source>', 'what the image comes from').choices(STARTER_SOURCES))
    .action(act((_settings, file: string | undefined, options: InitOptions) => init(file ?? 'template.json', options)));
  program
    .command('schema')
    .description('JSON Schema of templates, for editors')
    .option('--api-version <version>', 'of the bodies of that version only')
    .action(act((_settings, options: { apiVersion?: string }) => schema(options)));
}
