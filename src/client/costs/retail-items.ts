/** Which price of Azure's public list is one of ours. Pure. */
import type { PriceRow } from './price-file.ts';

/** A part of what the API answers for each price. */
export interface Item {
  retailPrice: number;
  unitOfMeasure: string;
  tierMinimumUnits: number;
  armRegionName: string;
  armSkuName: string;
  productName: string;
  skuName: string;
  meterName: string;
  type: string;
}

/** Undefined for what no build of Kiln's uses: reservations, spot, other tiers. */
export function rowOf(item: Item, region: string): PriceRow | undefined {
  const { retailPrice: price, unitOfMeasure: unit, tierMinimumUnits, productName, skuName, meterName } = item;
  if (item.type !== 'Consumption') return undefined;
  if (/^(Inter|Intra) Continent Data Transfer Out/.test(meterName)) {
    const to = meterName.startsWith('Intra') ? 'same continent' : 'another continent';
    return unit.startsWith('1 G') ? { what: 'egress', name: region, to, region, per: 'GiB', price } : undefined;
  }
  // The first units of some tiers are free or dearer: the first tier is what a build pays.
  if (tierMinimumUnits !== 0) return undefined;
  if (/Virtual Machines/.test(productName)) {
    if (unit !== '1 Hour' || /Spot|Low Priority/.test(skuName) || /CloudServices|Cloud Services/i.test(productName))
      return undefined;
    const system = productName.endsWith('Windows') ? 'Windows' : 'Linux';
    return { what: 'machine', name: item.armSkuName, system, region, per: 'hour', price };
  }
  const disk = /^P(\d+) LRS Disk$/.exec(meterName)?.[1];
  if (productName === 'Premium SSD Managed Disks' && disk !== undefined) {
    const upToGiB = PREMIUM_SIZES[`P${disk}`];
    return upToGiB === undefined || unit !== '1/Month'
      ? undefined
      : { what: 'disk', name: 'Premium_LRS', upToGiB, region, per: 'month', price };
  }
  if (unit === '1 GB/Month') {
    const snapshot = /(LRS|ZRS) Snapshots$/.exec(meterName)?.[1];
    if (snapshot !== undefined) {
      const kind = productName.startsWith('Premium') ? 'Premium' : 'Standard';
      return { what: 'image', name: `${kind}_${snapshot}`, region, per: 'GiB-month', price };
    }
    if (meterName === 'Hot LRS Data Stored')
      return { what: 'blob', name: 'Standard_LRS', region, per: 'GiB-month', price };
    if (/Page Blob/.test(productName) && meterName.endsWith('LRS Data Stored')) {
      return { what: 'page-blob', name: 'Standard_LRS', region, per: 'GiB-month', price };
    }
  }
  if (productName === 'IP Addresses' && /^Standard IPv4 Static Public IP$/.test(meterName) && unit === '1 Hour') {
    return { what: 'public-address', name: 'Standard', region, per: 'hour', price };
  }
  return undefined;
}

/** GiB of each size of a Premium SSD. */
const PREMIUM_SIZES: Record<string, number> = {
  P1: 4,
  P2: 8,
  P3: 16,
  P4: 32,
  P6: 64,
  P10: 128,
  P15: 256,
  P20: 512,
  P30: 1024,
  P40: 2048,
  P50: 4096,
};
