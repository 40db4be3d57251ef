/** The file of prices: what it may hold, and every problem of one at once. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UsageError } from '../settings.ts';

const day = z.iso.date();

const row = z.strictObject({
  what: z.enum(['machine', 'disk', 'image', 'blob', 'page-blob', 'public-address', 'egress']),
  /** A size, a storage type, or for egress the continent from which it goes. */
  name: z.string().min(1),
  system: z.enum(['Linux', 'Windows']).optional(),
  /** Of a disk: the largest size at this price. */
  upToGiB: z.number().positive().optional(),
  /** Of egress. */
  to: z.enum(['same continent', 'another continent']).optional(),
  /** Absent: the file's base region, and by its factor all others. */
  region: z.string().min(1).optional(),
  per: z.enum(['hour', 'month', 'GiB-month', 'GiB']),
  price: z.number().nonnegative(),
  /** Absent: the file's. */
  date: day.optional(),
});

const file = z.strictObject({
  date: day,
  currency: z.string().regex(/^[A-Z]{3}$/, 'expected three capitals, as in USD'),
  /** Where the prices are from, in words. */
  source: z.string().min(1),
  baseRegion: z.string().min(1),
  regionFactors: z.record(z.string(), z.number().positive()),
  continents: z.record(z.string(), z.array(z.string())),
  prices: z.array(row),
});

export type PriceFile = z.infer<typeof file>;
export type PriceRow = z.infer<typeof row>;

export const SHIPPED_PRICES = fileURLToPath(new URL('list-prices.json', import.meta.url));

/** @throws UsageError with all that is wrong with it */
export function readPrices(path: string): PriceFile {
  const content = parsed(path);
  const read = file.safeParse(content);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => `  ${pathOf(issue.path)}: ${issue.message}`);
  throw new UsageError([`${path} is no file of prices:`, ...problems].join('\n'));
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As in `prices[3].price`. */
const pathOf = (path: PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('') ||
  'the file';
