/**
 * Prices from Azure's public list (the Retail Prices API; no account is needed): those of some regions take the place
 * of the file's own, what the list does not have stays as it was, with its former date.
 */
import { UsageError } from '../settings.ts';
import type { PriceFile, PriceRow } from './price-file.ts';
import { rowOf } from './retail-items.ts';
import type { Item } from './retail-items.ts';

export const RETAIL_PRICES = 'https://prices.azure.com/api/retail/prices';

/** Between what is new in a file and what it had before. */
const ELSE = '; else, as dated: ';
const TRIES = 5;
const PAUSE_S = 5;
const PATIENCE_MS = 30_000;
/** A filter is part of an address, which has its limits. */
const SIZES_AT_ONCE = 15;

interface Page {
  BillingCurrency?: string;
  Items?: Item[];
  NextPageLink?: string | null;
}

export interface Wanted {
  base: string;
  former: PriceFile;
  regions: string[];
  /** Beside those that the file knows. */
  sizes: string[];
  currency: string;
  /** ISO date. */
  today: string;
  say: (line: string) => void;
}

export async function fetchPrices(wanted: Wanted): Promise<{ fetched: number; prices: PriceFile }> {
  const { former, regions, currency, today, say } = wanted;
  const known = former.prices.filter(({ what }) => what === 'machine').map(({ name }) => name);
  const sizes = [...new Set([...known, ...wanted.sizes])];
  const rows: PriceRow[] = [];
  for (const region of regions) {
    const found = new Map<string, PriceRow>();
    for (const query of queries(region, sizes)) {
      for (const item of await itemsOf(wanted, query)) {
        const row = rowOf(item, region);
        if (row !== undefined) found.set(keyOf(row), row);
      }
    }
    say(`${region}: ${found.size} prices`);
    if (found.size === 0)
      throw new UsageError(`the price list has nothing for ${region}: is it a region's name, as in westeurope?`);
    const without = wanted.sizes.filter(
      (size) => ![...found.values()].some(({ name }) => name.toLowerCase() === size.toLowerCase()),
    );
    for (const size of without) say(`${region}: no price for ${size}`);
    rows.push(...found.values());
  }
  const fresh = new Set(rows.map(keyOf));
  // Amounts of two currencies cannot be added up.
  const kept = former.currency === currency ? former.prices.filter((row) => !fresh.has(keyOf(row))) : [];
  const list = `Azure's public list (${wanted.base}) for ${regions.join(', ')}`;
  const rest = former.source.replace(new RegExp(`^.*${ELSE}`), '');
  const prices = {
    ...former,
    date: today,
    currency,
    source: kept.length === 0 ? list : `${list}${ELSE}${rest}`,
    prices: [...rows, ...kept.map((row) => ({ ...row, date: row.date ?? former.date }))],
  };
  return { fetched: rows.length, prices };
}

const either = (field: string, values: string[]): string =>
  `(${values.map((one) => `${field} eq '${one}'`).join(' or ')})`;

function* queries(region: string, sizes: string[]): Generator<string> {
  const here = `armRegionName eq '${region}' and priceType eq 'Consumption'`;
  for (let at = 0; at < sizes.length; at += SIZES_AT_ONCE) {
    yield `serviceName eq 'Virtual Machines' and ${here} and ${either('armSkuName', sizes.slice(at, at + SIZES_AT_ONCE))}`;
  }
  const products = [
    'Premium SSD Managed Disks',
    'Standard HDD Managed Disks',
    'General Block Blob v2',
    'Standard Page Blob v2',
  ];
  yield `serviceName eq 'Storage' and ${here} and ${either('productName', products)}`;
  yield `serviceName eq 'Virtual Network' and ${here} and productName eq 'IP Addresses'`;
  yield `serviceName eq 'Bandwidth' and ${here}`;
}

/** All pages of an answer. @throws UsageError where the list cannot be had */
async function itemsOf({ base, currency }: Wanted, filter: string): Promise<Item[]> {
  const first = new URL(base);
  first.searchParams.set('currencyCode', `'${currency}'`);
  first.searchParams.set('$filter', filter);
  const items: Item[] = [];
  for (let next: URL | undefined = first; next !== undefined;) {
    const page: Page = await pageOf(next);
    if (page.BillingCurrency !== undefined && page.BillingCurrency !== currency) {
      throw new UsageError(`the price list answers in ${page.BillingCurrency}, not in ${currency}`);
    }
    items.push(...(page.Items ?? []));
    next = typeof page.NextPageLink === 'string' ? new URL(page.NextPageLink) : undefined;
    if (next !== undefined && next.origin !== first.origin) {
      throw new UsageError(`the price list goes on at another address, ${next.origin}, which is not followed`);
    }
  }
  return items;
}

async function pageOf(address: URL): Promise<Page> {
  for (let tries = 1; ; tries++) {
    let trouble: string;
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.ok) return (await answer.json()) as Page;
      trouble = `it answered ${answer.status}`;
      if (answer.status === 429 && tries < TRIES) {
        const seconds = Number(answer.headers.get('retry-after') ?? PAUSE_S);
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        continue;
      }
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      trouble = cause instanceof Error ? cause.message : String(cause);
    }
    throw new UsageError(`the price list at ${address.origin} cannot be read: ${trouble}; prices stay as they were`);
  }
}

const keyOf = ({ what, name, system, upToGiB, to, region }: PriceRow): string =>
  [what, name.toLowerCase(), system, upToGiB, to, region].join('|');
