/** The commands for what stays: templates, triggers, chains, patching, schedules and retention. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { takesTemplate } from './acting.ts';
import type { Act } from './acting.ts';
import {
  createSchedule,
  deleteSchedule,
  listSchedules,
  patch,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  showSchedule,
} from './commands/patching.ts';
import type { PatchOptions, ScheduleOptions, ScheduleTimes } from './commands/patching.ts';
import { retain, scheduleRetention } from './commands/retention.ts';
import type { RetainOptions } from './commands/retention.ts';
import { showChain } from './commands/chain.ts';
import {
  cancelTemplate,
  createTemplate,
  deleteTemplate,
  listTemplates,
  runTemplate,
  showOutputs,
  showTemplate,
} from './commands/templates.ts';
import { checkTrigger, createTrigger, deleteTrigger, listTriggers } from './commands/triggers.ts';
import { withExamples } from './examples.ts';
import { many } from './option-values.ts';

export function addTemplateCommands(program: Command, act: Act): void {
  const where = (command: Command): Command =>
    command
      .option('--resource-group <name>', 'where the template is')
      .option('--subscription <id>', 'a subscription other than the default one')
      .option('--json', 'as JSON');

  const templates = program.command('template').description('image templates that stay: put once, run many times');
  withExamples(templates, [
    ['kiln template create template.json', 'or change the one that is there'],
    ['kiln template run golden-linux --if-changed', 'builds it where something has changed'],
    ['kiln template outputs golden-linux --json', 'what its last run made'],
  ]);
  takesTemplate(templates.command('create'))
    .description('create the templates of a file, or change those that are there')
    .action(act((settings, file: string, options: object) => createTemplate(file, options, settings)));
  where(templates.command('run <template>'))
    .description('build the template as it is now, and watch it to the end')
    .option('--if-changed', 'not where source version, scripts, files and template are those of the last good run')
    .option('--no-wait', 'leave it running')
    .action(act((settings, name: string, options: object) => runTemplate(name, options, settings)));
  where(templates.command('show <template>'))
    .description('one template: state, runs, triggers')
    .action(act((settings, name: string, options: object) => showTemplate(name, options, settings)));
  where(templates.command('list'))
    .description('templates of the subscription, or of a group')
    .action(act((settings, options: object) => listTemplates(options, settings)));
  where(templates.command('outputs <template>'))
    .description('what its last run made')
    .action(act((settings, name: string, options: object) => showOutputs(name, options, settings)));
  where(templates.command('cancel <template>'))
    .description('cancel its run and wait for the clean-up')
    .action(act((settings, name: string, options: object) => cancelTemplate(name, options, settings)));
  where(templates.command('delete <template>'))
    .description('delete it with what it staged; its images stay')
    .action(act((settings, name: string, options: object) => deleteTemplate(name, options, settings)));

  const triggers = program.command('trigger').description('a new version of the source starts a run');
  where(triggers.command('create <template> <name>'))
    .description('of kind SourceImage')
    .action(act((settings, of: string, name: string, options: object) => createTrigger(of, name, options, settings)));
  where(triggers.command('list <template>'))
    .description('with their states')
    .action(act((settings, of: string, options: object) => listTriggers(of, options, settings)));
  where(triggers.command('check <template>'))
    .description('look for a new version now, and not within the hour')
    .action(act((settings, of: string, options: object) => checkTrigger(of, options, settings)));
  where(triggers.command('delete <template> <name>'))
    .description('its template stays')
    .action(act((settings, of: string, name: string, options: object) => deleteTrigger(of, name, options, settings)));

  const chains = program.command('chain').description('templates that build on the images of others');
  where(chains.command('show'))
    .description('each below what it builds on')
    .action(act((settings, options: object) => showChain(options, settings)));

  const selecting = (command: Command): Command =>
    where(command)
      .option('--tag <name[=value]>', 'templates with this tag')
      .option('--concurrency <n>', 'runs at the same time', '2')
      .option('--waves <tag>', "one wave a value of this tag, in the values' order; a failure stops later ones")
      .option('--no-chain', 'not those that build on the selected ones')
      .option('--force', 'also where nothing has changed');
  withExamples(selecting(program.command('patch [templates...]')), [
    ['kiln patch golden-linux web', 'both, and what builds on them'],
    ['kiln patch --tag team=web --waves ring', 'those of a team, wave by wave'],
  ])
    .description('run templates in which something has changed, parents before children')
    .action(act((settings, names: string[], options: PatchOptions) => patch(names, options, settings)));
  const schedules = program.command('schedule').description('patching by a schedule');
  withExamples(schedules, [
    ['kiln schedule create golden-linux --cron "0 3 * * *"', 'every night at three'],
    ['kiln schedule pause golden-linux --reason "change freeze"', 'until it is resumed'],
  ]);
  const times = (command: Command): Command =>
    command
      .requiredOption('--cron <expression>', 'five fields as in crontab (again for more)', many)
      .option('--name <name>', "the schedule's; made of the first template or definition unless given")
      .option('--timezone <zone>', 'as in Europe/Berlin; UTC unless given')
      .option('--jitter <duration>', 'each start is put off by chance, up to so long: 10m')
      .addOption(
        new Option('--overlap <policy>', 'a start while the former one runs')
          .choices(['skip', 'buffer-one'])
          .default('skip'),
      )
      .option('--catch-up <duration>', 'starts that were missed are made up for within so long', '1h');
  const retaining = (command: Command): Command =>
    where(command)
      .argument('<definitions...>', 'gallery/definition, or ids')
      .option('--keep <n>', 'newest versions that stay')
      .option('--days <n>', 'younger versions stay')
      .option('--dry-run', 'say what would go');
  withExamples(retaining(program.command('retain')), [
    ['kiln retain golden/debian-12 --keep 5 --dry-run', 'what would go'],
    ['kiln retain golden/debian-12 --keep 3 --days 30', 'the three newest and all of the last 30 days stay'],
  ])
    .description('remove old versions; never the newest good one, nor one that a template here uses')
    .action(act((settings, names: string[], options: RetainOptions) => retain(names, options, settings)));
  times(retaining(schedules.command('retain')))
    .description('a Temporal Schedule of retainVersions')
    .action(
      act((settings, names: string[], options: RetainOptions & ScheduleTimes) =>
        scheduleRetention(names, options, settings),
      ),
    );
  times(selecting(schedules.command('create [templates...]')))
    .description('a Temporal Schedule of patchImages')
    .option('--pause-after <n>', 'failures in a row', '3')
    .action(act((settings, names: string[], options: ScheduleOptions) => createSchedule(names, options, settings)));
  schedules
    .command('list')
    .description('with the next start of each')
    .option('--json', 'as JSON')
    .action(act((settings, options: { json?: boolean }) => listSchedules(options, settings)));
  schedules
    .command('show <name>')
    .description('what it runs, when, and its last runs')
    .option('--json', 'as JSON')
    .action(act((settings, name: string, options: { json?: boolean }) => showSchedule(name, options, settings)));
  schedules
    .command('pause <name>')
    .description('no start until it is resumed')
    .option('--reason <text>', 'kept with it')
    .action(act((settings, name: string, options: { reason?: string }) => pauseSchedule(name, options, settings)));
  schedules
    .command('resume <name>')
    .description('start again as planned')
    .action(act((settings, name: string) => resumeSchedule(name, settings)));
  schedules
    .command('run <name>')
    .description('start it now')
    .action(act((settings, name: string) => runSchedule(name, settings)));
  schedules
    .command('delete <name>')
    .description('its runs and images stay')
    .action(act((settings, name: string) => deleteSchedule(name, settings)));
}
