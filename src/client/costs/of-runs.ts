/** Costs of plans and of runs: what is known of them is put together with the prices. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildStatus, PlanReport, RegionStatus } from '../../workflows/messages.ts';
import type { KilnClient } from '../kiln-client.ts';
import type { Settings } from '../settings.ts';
import { estimate } from './estimate.ts';
import type { Estimate } from './estimate.ts';
import { assumedTimes, timesOf } from './measured-times.ts';
import { PriceBook } from './price-book.ts';
import { readPrices, SHIPPED_PRICES } from './price-file.ts';

/** Where `kiln costs refresh` writes, and where it is then found. */
export const refreshedPrices = ({ stateDir }: Settings): string => join(stateDir, 'prices.json');

/** @throws UsageError where the file of prices is none */
export function priceBook(settings: Settings): PriceBook {
  const refreshed = refreshedPrices(settings);
  return new PriceBook(readPrices(settings.prices ?? (existsSync(refreshed) ? refreshed : SHIPPED_PRICES)));
}

/** By the times of the template's last good run, where it has one. */
export async function costOfPlan(client: KilnClient, report: PlanReport, book: PriceBook): Promise<Estimate> {
  const { plan, vmSize, source } = report;
  const [last] = await client.list({ limit: 1, template: plan.template.name, state: 'Completed' });
  const status = last === undefined ? undefined : await client.result(last.runId);
  const times =
    status === undefined ? assumedTimes(plan) : timesOf(plan, status, `measured by run ${status.runId}`, Date.now());
  const { osDiskSizeGB } = source;
  return estimate(
    {
      plan,
      vmSize,
      osType: source.osType === 'Windows' ? 'Windows' : 'Linux',
      ...(osDiskSizeGB === undefined ? {} : { osDiskSizeGB }),
      times,
    },
    book,
  );
}

const succeeded = (regions: RegionStatus[]): Set<string> =>
  new Set(regions.filter(({ state }) => state === 'Succeeded').map(({ name }) => name));

/** As it is by now: outputs that were removed or never came to be cost nothing. */
export async function costOfRun(client: KilnClient, status: BuildStatus, book: PriceBook): Promise<Estimate> {
  const plan = await client.planOf(status.runId);
  const { machine } = status;
  const vmSize = machine?.vmSize ?? plan.machine.vmSize;
  const there = status.outputs.filter(({ state }) => state === 'Succeeded' || state === 'PartiallySucceeded');
  return estimate(
    {
      plan,
      ...(vmSize === undefined ? {} : { vmSize }),
      osType: machine?.osType ?? 'Linux',
      ...(machine?.osDiskSizeGB === undefined ? {} : { osDiskSizeGB: machine.osDiskSizeGB }),
      times: timesOf(plan, status, 'as this run took', Date.now()),
      outputs: new Map(there.map(({ runOutputName, regions }) => [runOutputName, succeeded(regions)])),
    },
    book,
  );
}
