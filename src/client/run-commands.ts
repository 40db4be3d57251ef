/** The commands for builds that are there. */
import type { Command } from 'commander';
import type { Act } from './acting.ts';
import { distribute } from './commands/distribute.ts';
import type { DistributeOptions } from './commands/distribute.ts';
import { logs } from './commands/logs.ts';
import { cancel, list, remove, show, sweep } from './commands/runs.ts';
import { withExamples } from './examples.ts';
import { many } from './option-values.ts';

export function addRunCommands(program: Command, act: Act): void {
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
  withExamples(program.command('logs <run>'), [
    ['kiln logs nightly-7 --follow', 'all customizers, while they run'],
    ['kiln logs nightly-7 --step install-nginx', 'one of them'],
  ])
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
  withExamples(program.command('distribute <run>'), [
    ['kiln distribute nightly-7', 'outputs that failed, once more'],
    ['kiln distribute nightly-7 --region westus3=2', 'and to one more region, as two replicas'],
  ])
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
}
