/** The commands for what runs cost. */
import type { Command } from 'commander';
import type { Act } from './acting.ts';
import { costs, refreshPrices } from './commands/costs.ts';
import type { CostOptions, RefreshOptions } from './commands/costs.ts';
import { withExamples } from './examples.ts';
import { many } from './option-values.ts';

export function addCostCommands(program: Command, act: Act): void {
  const all = withExamples(program.command('costs'), [
    ['kiln costs --since 30d', 'what the runs of the last 30 days have cost'],
    ['kiln costs --template golden-linux --json', 'those of one template, for a program'],
    ['kiln costs refresh --region westeurope --region northeurope', "today's list prices from prices.azure.com"],
    ['kiln --prices ours.json costs', 'by prices of your own'],
  ])
    .description('what runs have cost, by list prices or your own')
    .option('--template <template>', 'runs of that name only')
    .option('--since <time>', 'started since a date, or so long ago: 2026-01-31, 7d, 12h')
    .option('--json', 'as JSON')
    .action(act((settings, options: CostOptions) => costs(options, settings)));
  all
    .command('refresh')
    .description('fetch list prices of some regions from the public price API; what it does not have stays as it was')
    .option('--region <name>', 'a region (again for more); those of the last refresh unless given', many)
    .option('--size <name>', 'a size beside those that the file has (again for more)', many)
    .option('--currency <code>', "the file's unless given; another one lets go of all former prices")
    .option('--output <file>', 'where to write them; prices.json in the state folder unless given')
    .action(act((settings, options: RefreshOptions) => refreshPrices(options, settings)));
}
