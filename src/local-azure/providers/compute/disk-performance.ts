/** What a disk can do, by its SKU and size. */
import type { JsonObject } from '../../core.ts';
import { text } from './shared.ts';

/** Sizes in GB up to which a Premium disk is of a tier, which has so many operations and megabytes a second. */
const PREMIUM: Array<[upTo: number, iops: number, mbps: number, tier: string]> = [
  [4, 120, 25, 'P1'],
  [8, 120, 25, 'P2'],
  [16, 120, 25, 'P3'],
  [32, 120, 25, 'P4'],
  [64, 240, 50, 'P6'],
  [128, 500, 100, 'P10'],
  [256, 1100, 125, 'P15'],
  [512, 2300, 150, 'P20'],
  [1024, 5000, 200, 'P30'],
  [2048, 7500, 250, 'P40'],
  [4096, 7500, 250, 'P50'],
  [8192, 16_000, 500, 'P60'],
  [16_384, 18_000, 750, 'P70'],
  [Infinity, 20_000, 900, 'P80'],
];
const STANDARD: Array<[upTo: number, iops: number, mbps: number]> = [
  [4096, 500, 60],
  [8192, 1300, 300],
  [Infinity, 2000, 500],
];

/** Of these two, a person says what a disk can do. */
export const isAsked = (sku: string): boolean => /^(UltraSSD|PremiumV2)_/.test(sku);

/** @param properties as kept */
export function performance(sku: JsonObject, properties: JsonObject, apiVersion: string): JsonObject {
  const name = text(sku['name']);
  const { diskIOPSReadWrite = 3000, diskMBpsReadWrite = 125, tier: asked } = properties;
  if (isAsked(name)) return { diskIOPSReadWrite, diskMBpsReadWrite };
  const fits = ([upTo]: [number, ...unknown[]]): boolean => Number(properties['diskSizeGB'] ?? 0) <= upTo;
  const premium = name.startsWith('Premium_') ? PREMIUM.find(fits) : undefined;
  const [, iops, mbps] = premium ?? STANDARD.find(fits) ?? [0, 0, 0];
  return {
    diskIOPSReadWrite: iops,
    diskMBpsReadWrite: mbps,
    ...(premium === undefined || apiVersion < '2020-06-30' ? {} : { tier: asked ?? premium[3] }),
  };
}
