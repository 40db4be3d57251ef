/** The commands for what runs in the background, or in its place in the foreground. */
import type { Command } from 'commander';
import type { Act } from './acting.ts';
import { takesTemplate } from './acting.ts';
import { dev, gateway, page, reset, stopAll, worker } from './commands/dev.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { withExamples } from './examples.ts';

export function addStackCommands(program: Command, act: Act): void {
  withExamples(takesTemplate(program.command('doctor'), '[file]'), [
    ['kiln doctor', 'what any build here needs'],
    ['kiln doctor template.json --cloud azure', 'what this one needs of the real Azure, quota included'],
  ])
    .description('check that what builds need is there, and say what to do where it is not; changes nothing')
    .action(act((settings, file: string | undefined, options: DoctorOptions) => doctor(file, options, settings)));
  program
    .command('dev')
    .description('keep the whole stack in the foreground and print its addresses')
    .action(act((settings) => dev(settings)));
  program
    .command('page')
    .description('print a link to the page of templates, runs and logs: good once, for an hour')
    .action(act((settings) => page(settings)));
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
}
