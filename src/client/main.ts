/** The `kiln` command. */
import { Command, CommanderError } from 'commander';
import { build } from './commands/build.ts';
import { distribute } from './commands/distribute.ts';
import type { DistributeOptions } from './commands/distribute.ts';
import { dev, gateway, reset, stopAll, worker } from './commands/dev.ts';
import { init, schema, STARTER_SOURCES } from './commands/files.ts';
import type { InitOptions } from './commands/files.ts';
import { logs } from './commands/logs.ts';
import { plan, validate } from './commands/plan.ts';
import { role } from './commands/role.ts';
import type { RoleOptions } from './commands/role.ts';
import { cancel, list, remove, show, sweep } from './commands/runs.ts';
import { EXIT } from './exit-codes.ts';
import { addTemplateCommands } from './template-commands.ts';
import { failureOf } from './kiln-client.ts';
import { many } from './option-values.ts';
import { readSettings, UsageError } from './settings.ts';
import type { GlobalOptions, Settings } from './settings.ts';

const program = new Command('kiln')
  .description('Durable VM image builds for Azure, on Temporal')
  .version('0.1.0')
  .option('--cloud <cloud>', 'local (default) or azure')
  .option('--machine <kind>', 'what plays the machines of the local Azure: auto, sandbox or simulated')
  .option('--profile <profile>', 'how long the local Azure takes: instant, quick or recorded')
  .option('--time-factor <n>', 'scales the profile recorded; 1 is the time that Azure takes')
  .option('--state-dir <folder>', 'where builds, images and logs are kept (KILN_STATE_DIR)')
  .option('--cache-dir <folder>', 'where downloads are kept (KILN_CACHE_DIR)')
  .showHelpAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 the build failed or is incomplete, 2 bad input, 3 cancelled or detached',
  );

let code: number = EXIT.done;
// `kiln logs ID | head`: whoever reads has had enough, which is no failure of ours.
process.stdout.on('error', () => process.exit(code));

/** Runs a command's work with the settings that its global options give. */
function act<A extends unknown[]>(work: (settings: Settings, ...args: A) => number | Promise<number>) {
  return async (...args: A): Promise<void> => {
    code = await work(readSettings(program.opts<GlobalOptions>()), ...args);
  };
}

function template(command: Command): Command {
  return command
    .argument('<file>', 'an image template: a resource body or a deployment template')
    .option('--param <name=value>', 'a parameter or placeholder of the template (again for more)', many)
    .option('--parameters <file>', 'a file of parameters')
    .option('--identity <id>', 'a user-assigned identity to add (again for more)', many)
    .option('--resource-group <name>', "the template's own resource group")
    .option('--location <region>', 'for a template that names none')
    .option('--subscription <id>', 'a subscription other than the default one')
    .option('--id <run>', 'name of the run; a second build of that name finds the first')
    .option('--json', 'the result as JSON on stdout, progress on stderr');
}

template(program.command('build'))
  .description('build an image and watch it to the end')
  .action(act((settings, file: string, options: object) => build(file, options, settings)));
template(program.command('plan'))
  .description('show what a build would create, with every default and version; creates nothing')
  .action(act((settings, file: string, options: object) => plan(file, options, settings)));
template(program.command('validate'))
  .description('check a template without asking Azure')
  .action(act((settings, file: string, options: object) => validate(file, options, settings)));
template(program.command('role'))
  .description('the smallest custom roles that let a worker build it, as a script of az commands')
  .option('--assignee <object id>', 'of the identity that the worker runs as')
  .action(act((settings, file: string, options: RoleOptions) => role(file, options, settings)));
program
  .command('init [file]')
  .description('write a starter template')
  .option('--windows', 'for Windows Server: PowerShell, updates, a restart')
  .option('--from <source>', `what the image comes from: ${STARTER_SOURCES.join(', ')}`)
  .action(act((_settings, file: string | undefined, options: InitOptions) => init(file ?? 'template.json', options)));
program
  .command('schema')
  .description('JSON Schema of templates, for editors')
  .option('--api-version <version>', 'of the bodies of that version only')
  .action(act((_settings, options: { apiVersion?: string }) => schema(options)));
program
  .command('list')
  .description('builds, newest first')
  .option('--json', 'as JSON')
  .action(act((settings, options: { json?: boolean }) => list(options, settings)));
program
  .command('show <run>')
  .description('one build: outputs, times, failure')
  .option('--json', 'as JSON')
  .action(act((settings, run: string, options: { json?: boolean }) => show(run, options, settings)));
program
  .command('logs <run>')
  .description("each customizer's stdout and stderr")
  .option('-f, --follow', 'go on while the build runs')
  .option('--step <name>', 'of one customizer only')
  .action(act((settings, run: string, options: { follow?: boolean; step?: string }) => logs(run, options, settings)));
program
  .command('cancel <run>')
  .description('cancel a build and wait for its clean-up')
  .action(act((settings, run: string) => cancel(run, settings)));
program
  .command('delete <run>')
  .description("remove a finished build's logs and staging group; its images stay")
  .action(act((settings, run: string) => remove(run, settings)));
program
  .command('distribute <run>')
  .description('make outputs of a finished run that failed, and add regions and targets, without building again')
  .option('--region <name[=replicas]>', 'add to its gallery outputs (again for more)', many)
  .option('--to <file>', 'more targets: an array of distributors, as in properties.distribute')
  .option('--json', 'as JSON')
  .action(act((settings, run: string, options: DistributeOptions) => distribute(run, options, settings)));
program
  .command('sweep')
  .description('remove what builds left that were terminated in Temporal; done every 15 minutes by itself')
  .option('--older-than <seconds>', 'leave alone what was terminated since', '120')
  .action(act((settings, options: { olderThan: string }) => sweep(options, settings)));

addTemplateCommands(program, act, template);

program
  .command('dev')
  .description('keep the whole stack in the foreground and print its addresses')
  .action(act((settings) => dev(settings)));
program
  .command('stop')
  .description('end the stack that runs in the background')
  .action(act((settings) => stopAll(settings)));
program
  .command('worker')
  .description('run a worker in the foreground')
  .action(act((settings) => worker(settings)));
program
  .command('gateway')
  .description('serve image templates as Azure Resource Manager does, in the foreground (kiln dev has one)')
  .action(act((settings) => gateway(settings)));
program
  .command('reset')
  .description('end the stack and clear the local state')
  .option('--yes', 'do it')
  .action(act((settings, options: { yes?: boolean }) => reset(settings, options)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  else if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    code = EXIT.badInput;
  } else if (failureOf(error) !== undefined) {
    process.stderr.write(`${failureOf(error)?.message}\n`);
    code = EXIT.failed;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    code = EXIT.failed;
  }
}
// The SDK keeps timers of its own; the command is over once a pipe has taken all that was said.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
process.exit(code);
