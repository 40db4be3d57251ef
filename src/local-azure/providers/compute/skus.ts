/** `Microsoft.Compute/skus`: which region has which sizes, disks and availability sets, and what they can do. */
import type { Json, JsonObject, Route } from '../../core.ts';
import { normalizeRegion, REGION_NAMES } from '../../regions.ts';
import { defaultStorageOf } from './machine-profiles.ts';
import { familyOf, type Size, SIZES } from './size-catalogue.ts';

const DISKS = ['Standard_LRS', 'StandardSSD_LRS', 'StandardSSD_ZRS', 'Premium_LRS', 'Premium_ZRS'];
const SNAPSHOTS = ['Standard_LRS', 'Standard_ZRS', 'Premium_LRS'];

export function skuRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/skus',
      handle: ({ query }) => ({ status: 200, body: { value: regionsIn(query.get('$filter')).flatMap(offeredIn) } }),
    },
  ];
}

function offeredIn(location: string): Json[] {
  const there = { locations: [location], locationInfo: [{ location, zones: [], zoneDetails: [] }], restrictions: [] };
  const disk = (resourceType: string) => (name: string) => ({
    resourceType,
    name,
    tier: name.split(/_|SSD/)[0] ?? name,
    ...there,
  });
  return [
    ...['Classic', 'Aligned'].map((name) => ({
      resourceType: 'availabilitySets',
      name,
      ...there,
      capabilities: named({ MaximumPlatformFaultDomainCount: '3' }),
    })),
    ...SIZES.map((size) => ({
      resourceType: 'virtualMachines',
      name: size.name,
      tier: 'Standard',
      size: size.name.replace(/^Standard_/, ''),
      family: familyOf(size.name),
      ...there,
      capabilities: capabilitiesOf(size),
    })),
    ...DISKS.map(disk('disks')),
    ...SNAPSHOTS.map(disk('snapshots')),
  ];
}

/** What clients look at before they ask for a machine, and no more: the list of all regions has thousands of these. */
const capabilitiesOf = ({ name, cores, memoryInMB, generations, maxDataDisks }: Size): Json[] =>
  named({
    vCPUs: String(cores),
    HyperVGenerations: generations,
    MemoryGB: String(memoryInMB / 1024),
    MaxDataDiskCount: String(maxDataDisks),
    CpuArchitectureType: 'x64',
    PremiumIO: defaultStorageOf(name) === 'Premium_LRS' ? 'True' : 'False',
    AcceleratedNetworkingEnabled: cores > 1 ? 'True' : 'False',
  });

const named = (values: Record<string, string>): JsonObject[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** `location eq 'westeurope'` is the one filter there is. */
function regionsIn(filter: string | null): string[] {
  const location = /^location eq '([^']+)'$/i.exec(filter?.trim() ?? '')?.[1];
  return location === undefined ? REGION_NAMES : REGION_NAMES.filter((name) => name === normalizeRegion(location));
}
