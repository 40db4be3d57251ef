/** `kiln costs` and `kiln costs refresh`: what runs have cost, and the prices by which that is reckoned. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { columns } from '../columns.ts';
import { costTitle, money } from '../costs/cost-lines.ts';
import type { Estimate } from '../costs/estimate.ts';
import { costOfRun, priceBook, refreshedPrices } from '../costs/of-runs.ts';
import { fetchPrices, RETAIL_PRICES } from '../costs/retail-prices.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { withClient } from './runs.ts';

const WIDTH = 140;
const LIMIT = 10_000;
const AT_ONCE = 16;

export interface CostOptions {
  template?: string;
  since?: string;
  json?: boolean;
}

interface RunCost {
  runId: string;
  templateName: string;
  state: string;
  startTime: string;
  costs: Estimate;
}

export function costs(options: CostOptions, settings: Settings): Promise<number> {
  const { template } = options;
  const since = options.since === undefined ? undefined : sinceOf(options.since, new Date());
  const book = priceBook(settings);
  return withClient(settings, async (client) => {
    const found = await client.list({
      limit: LIMIT,
      ...(template === undefined ? {} : { template }),
      ...(since === undefined ? {} : { since }),
    });
    const runs: RunCost[] = [];
    for (let at = 0; at < found.length; at += AT_ONCE) {
      const some = found.slice(at, at + AT_ONCE).map(async ({ runId, templateName, startTime }) => {
        try {
          const status = await client.result(runId);
          const cost = await costOfRun(client, status, book);
          return [{ runId, templateName, state: status.state, startTime: startTime.toISOString(), costs: cost }];
        } catch (error) {
          process.stderr.write(`${runId} is left out: ${error instanceof Error ? error.message : String(error)}\n`);
          return [];
        }
      });
      runs.push(...(await Promise.all(some)).flat());
    }
    const sum = sumOf(runs, book.file);
    if (options.json === true) process.stdout.write(`${JSON.stringify({ ...sum, runs }, null, 2)}\n`);
    else console.log(lines(runs, sum).join('\n'));
    if (found.length === LIMIT)
      process.stderr.write(`only the newest ${LIMIT} runs: --since or --template for others\n`);
    return EXIT.done;
  });
}

type Sum = Omit<Estimate, 'lines'>;

function sumOf(runs: RunCost[], { currency, date, source }: { currency: string; date: string; source: string }): Sum {
  const once = runs.reduce((total, run) => total + run.costs.once, 0);
  const monthly = runs.reduce((total, run) => total + run.costs.monthly, 0);
  const unpriced = [...new Set(runs.flatMap((run) => run.costs.unpriced))];
  return { currency, date, source, once, monthly, unpriced };
}

function lines(runs: RunCost[], sum: Sum): string[] {
  if (runs.length === 0) return ['no builds of that kind'];
  const rows = runs.map(({ runId, templateName, state, startTime, costs }) => [
    runId,
    templateName,
    state,
    startTime.slice(0, 16).replace('T', ' '),
    `${money(costs.once)} once`,
    `${money(costs.monthly)} a month`,
    costs.unpriced.length === 0 ? '' : 'in part',
  ]);
  return [
    ...columns(rows, { width: WIDTH, indent: 0, whole: [0] }),
    '',
    `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}: ${costTitle({ ...sum, lines: [] })}`,
    'a month is for outputs as they were made: one that was removed since costs nothing any more',
    `prices in ${sum.currency} of ${sum.date}: ${sum.source}`,
    'kiln show RUN has every figure with what it assumes',
  ];
}

/** A day or a time, or so long ago: 7d, 12h. */
function sinceOf(text: string, now: Date): Date {
  const [, count, unit] = /^(\d+)([dh])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (unit === 'd' ? 24 : 1) * 3_600_000);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(`--since: expected a date as 2026-01-31, or 7d or 12h, got ${text}`);
  return time;
}

export interface RefreshOptions {
  region?: string[];
  size?: string[];
  currency?: string;
  output?: string;
}

export async function refreshPrices(options: RefreshOptions, settings: Settings): Promise<number> {
  const { file } = priceBook(settings);
  const regions = options.region ?? [...new Set(file.prices.flatMap(({ region }) => region ?? []))];
  if (regions.length === 0) {
    throw new UsageError('name the regions whose prices you want: --region westeurope, again for more');
  }
  const { fetched, prices } = await fetchPrices({
    base: process.env['KILN_PRICE_API'] ?? RETAIL_PRICES,
    former: file,
    regions,
    sizes: options.size ?? [],
    currency: options.currency ?? file.currency,
    today: new Date().toISOString().slice(0, 10),
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  const output = options.output ?? refreshedPrices(settings);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(`${output}.part`, `${JSON.stringify(prices, null, 2)}\n`);
  renameSync(`${output}.part`, output);
  console.log(`${fetched} prices in ${prices.currency} of ${prices.date} for ${regions.join(', ')}: ${output}`);
  return EXIT.done;
}
