/**
 * `npm run bench [-- --quick]`: one table, and the raw figures in bench/results/. Figures that matter are ratios within
 * one run, since machines are shared; seconds are shown to give them a scale. `--quick` leaves out what takes longest:
 * a build at a tenth of Azure's times, and 100 builds at once.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BenchStack } from './bench-stack.ts';
import { buildsAtOnce } from './measures/at-once.ts';
import { timeToFirstCustomizer } from './measures/first-customizer.ts';
import { idleTemplates } from './measures/idle-templates.ts';
import { marginalCosts } from './measures/marginal-costs.ts';
import { quickOverhead, realisticOverhead } from './measures/one-build.ts';
import { planningTime } from './measures/planning.ts';
import { Table } from './table.ts';

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const quick = process.argv.includes('--quick');
const table = new Table();

await withStack('quick', async (stack) => {
  await timeToFirstCustomizer(stack, table);
  await quickOverhead(stack, table);
  await marginalCosts(stack, table);
  await buildsAtOnce(stack, table, quick ? [1, 10] : [1, 10, 100]);
  planningTime(stack, table);
});
await withStack('quick', (stack) => idleTemplates(stack, table, quick ? 100 : 1000));
if (!quick) await withStack('recorded', (stack) => realisticOverhead(stack, table));

console.log(table.text());
mkdirSync(RESULTS, { recursive: true });
const file = `${RESULTS}${new Date().toISOString().replaceAll(':', '-')}.json`;
writeFileSync(file, `${JSON.stringify({ quick, rows: table.rows }, null, 2)}\n`);

async function withStack(profile: 'quick' | 'recorded', work: (stack: BenchStack) => Promise<void>): Promise<void> {
  const stack = new BenchStack(profile);
  try {
    await work(stack);
  } finally {
    await stack.close();
  }
}
