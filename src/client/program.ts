/** The `kiln` command as a whole: its global options, and its commands in the sections of `kiln --help`. */
import { Command, Option } from 'commander';
import type { Act } from './acting.ts';
import { addBuildCommands } from './build-commands.ts';
import { addCostCommands } from './cost-commands.ts';
import { withExamples } from './examples.ts';
import { addHelpers } from './help-commands.ts';
import { addPackerCommands } from './packer-commands.ts';
import { addRunCommands } from './run-commands.ts';
import { CLOUDS, MACHINES, PROFILES, readSettings } from './settings.ts';
import type { GlobalOptions } from './settings.ts';
import { addStackCommands } from './stack-commands.ts';
import { addTemplateCommands } from './template-commands.ts';

/** @param ended is told the exit code of the command that was run */
export function createProgram(ended: (code: number) => void): Command {
  const program = new Command('kiln')
    .description('Durable VM image builds for Azure, on Temporal')
    .version('0.1.0')
    .addOption(new Option('--cloud <cloud>', 'local unless given').choices(CLOUDS))
    .addOption(new Option('--machine <kind>', 'what plays the machines of the local Azure').choices(MACHINES))
    .addOption(new Option('--profile <profile>', 'how long the local Azure takes').choices(PROFILES))
    .option('--time-factor <n>', 'scales the profile recorded; 1 is the time that Azure takes')
    .option('--client-only', 'start nothing: Temporal (TEMPORAL_*) and workers run elsewhere (KILN_CLIENT_ONLY)')
    .option('--prices <file>', 'of which costs are reckoned (KILN_PRICES)')
    .option('--state-dir <folder>', 'where builds, images and logs are kept (KILN_STATE_DIR)')
    .option('--cache-dir <folder>', 'where downloads are kept (KILN_CACHE_DIR)')
    .showHelpAfterError('kiln --help lists the commands; --help after a command, its options')
    .exitOverride();

  const act: Act =
    (work) =>
    async (...args) =>
      ended(await work(readSettings(program.opts<GlobalOptions>()), ...args));

  program.commandsGroup('Build an image:');
  addBuildCommands(program, act);
  addPackerCommands(program, act);
  program.commandsGroup('Builds that are there:');
  addRunCommands(program, act);
  addCostCommands(program, act);
  program.commandsGroup('Images that stay:');
  addTemplateCommands(program, act);
  program.commandsGroup('What runs in the background:');
  addStackCommands(program, act);
  program.commandsGroup('Help:');
  program.helpCommand('help [command]', 'the help of a command');
  addHelpers(program, act);

  withExamples(program, [
    ['kiln init', 'a template to begin with'],
    ['kiln plan template.json', 'what would be made of it, and for how much'],
    ['kiln build template.json', 'builds it; Ctrl-C cancels and cleans up'],
    ['kiln template create template.json', 'keeps it, to be run by its name, by a schedule or a trigger'],
    ['kiln patch --tag team=web', 'runs what has changed since'],
  ]);
  return program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 the build failed or is incomplete, 2 bad input, 3 cancelled or detached',
  );
}
