/** Sizes, their quota, and the resource SKUs that say which region has them. */
import { ArmError, type Json, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { normalizeRegion, REGION_NAMES } from '../../regions.ts';
import { requireWithin } from './names.ts';
import { GROUP_PATH, invalid, MACHINE_PATH, object, propertiesOf, text, TYPES } from './shared.ts';

const MOST_LUN = 63;

interface Size {
  name: string;
  cores: number;
  memoryInMB: number;
  generations: string;
}

const size = (name: string, cores: number, memoryGiB: number, generations = 'V1,V2'): Size => ({
  name,
  cores,
  memoryInMB: memoryGiB * 1024,
  generations,
});

/** Cores and GiB a core; without an s they take Standard disks only, and boot generation 1. */
function family(
  names: (cores: number) => string,
  cores: number[],
  memoryPerCore: number,
  generations = 'V1,V2',
): Size[] {
  return cores.map((count) => size(names(count), count, count * memoryPerCore, generations));
}

const SIZES: Size[] = [
  ...[1, 1, 2, 4, 8].map((cores, index) => size(`Standard_A${index}`, cores, cores * 1.75, 'V1')),
  ...family((cores) => `Standard_A${cores}_v2`, [1, 2, 4, 8], 2, 'V1'),
  size('Standard_B1s', 1, 1),
  size('Standard_B1ms', 1, 2),
  size('Standard_B2s', 2, 4),
  size('Standard_B2ms', 2, 8),
  size('Standard_B4ms', 4, 16),
  ...[1, 2, 4, 8].flatMap((cores, index) => [
    size(`Standard_D${index + 1}`, cores, cores * 3.5, 'V1'),
    size(`Standard_D${index + 1}_v2`, cores, cores * 3.5, 'V1'),
    size(`Standard_DS${index + 1}`, cores, cores * 3.5),
    size(`Standard_DS${index + 1}_v2`, cores, cores * 3.5),
  ]),
  ...family((cores) => `Standard_D${cores}_v3`, [2, 4, 8, 16], 4, 'V1'),
  ...['s_v3', 's_v4', 'ds_v4', 'as_v4', 's_v5', 'ds_v5', 'as_v5', 'ads_v5', 's_v6', 'ds_v6'].flatMap((kind) =>
    family((cores) => `Standard_D${cores}${kind}`, [2, 4, 8, 16], 4),
  ),
  ...family((cores) => `Standard_F${cores}s_v2`, [2, 4, 8, 16], 2),
  ...family((cores) => `Standard_E${cores}s_v3`, [2, 4, 8], 8),
  ...family((cores) => `Standard_E${cores}s_v5`, [2, 4, 8], 8),
];

/** `Standard_D2ds_v4` → `standardDDSv4Family`, as quotas are kept. */
function familyOf(name: string): string {
  const [, letters = '', kind = '', version = ''] = /^Standard_([A-Z]+)\d+([a-z]*)(?:_(v\d))?$/.exec(name) ?? [];
  // All sizes that burst share one.
  return letters === 'B' ? 'standardBSFamily' : `standard${letters}${kind.toUpperCase()}${version}Family`;
}

const dataDisksOf = (cores: number): number => cores * 2;

export function findSize(name: string): Size | undefined {
  return SIZES.find((known) => known.name.toLowerCase() === name.toLowerCase());
}

export function sizeRoutes(services: Services): Route[] {
  const inLocation = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}';
  return [
    { method: 'GET', path: `${inLocation}/vmSizes`, handle: () => ({ status: 200, body: { value: describeSizes() } }) },
    // What a machine or a set could be resized to: all there are, as none here is bound to a cluster.
    ...[MACHINE_PATH, `${GROUP_PATH}/providers/${TYPES.availabilitySet}/{name}`].map((of): Route => ({
      method: 'GET',
      path: `${of}/vmSizes`,
      handle: ({ id }) => {
        requireResource(services.store, id.replace(/\/vmSizes$/i, ''));
        return { status: 200, body: { value: describeSizes() } };
      },
    })),
    {
      method: 'GET',
      path: `${inLocation}/usages`,
      handle: ({ params }) => ({ status: 200, body: { value: usages(services, params['location'] ?? '') } }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/skus',
      handle: ({ query }) => ({
        status: 200,
        body: {
          value: regionsIn(query.get('$filter')).flatMap((location) =>
            SIZES.map(({ name, cores, memoryInMB, generations }): Json => ({
              resourceType: 'virtualMachines',
              name,
              tier: 'Standard',
              family: familyOf(name),
              locations: [location],
              restrictions: [],
              capabilities: [
                { name: 'vCPUs', value: String(cores) },
                { name: 'MemoryGB', value: String(memoryInMB / 1024) },
                { name: 'HyperVGenerations', value: generations },
                { name: 'CpuArchitectureType', value: 'x64' },
              ],
            })),
          ),
        },
      }),
    },
  ];
}

const describeSizes = (): Json[] =>
  SIZES.map(({ name, cores, memoryInMB }) => ({
    name,
    numberOfCores: cores,
    osDiskSizeInMB: 1_047_552,
    resourceDiskSizeInMB: 16_384,
    memoryInMB,
    maxDataDiskCount: dataDisksOf(cores),
  }));

/** `location eq 'westeurope'` is the one filter there is. */
function regionsIn(filter: string | null): string[] {
  const location = /^location eq '([^']+)'$/i.exec(filter?.trim() ?? '')?.[1];
  return location === undefined ? REGION_NAMES : REGION_NAMES.filter((name) => name === normalizeRegion(location));
}

/** Throws ArmError where a machine of the size takes fewer disks, or two of them have one place. */
export function requireDataDisks(disks: JsonObject[], size: Size | undefined): void {
  const most = dataDisksOf(size?.cores ?? 0);
  const held = disks.filter(({ toBeDetached }) => toBeDetached !== true);
  if (size !== undefined && held.length > most) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The maximum number of data disks allowed to be attached to a VM of this size is ${most}.`,
      'dataDisks',
    );
  }
  for (const [index, { lun }] of held.entries()) {
    requireWithin('dataDisk.lun', lun, 0, MOST_LUN);
    if (held.findIndex((other) => other['lun'] === lun) < index) {
      throw invalid('dataDisk.lun', `A disk at LUN ${JSON.stringify(lun)} already exists.`);
    }
  }
}

/** Cores in use in a region by family. */
function coresInUse({ store }: Services, location: string): { machines: number; families: Map<string, number> } {
  const machines = store
    .list({ type: TYPES.machine })
    .filter(
      ({ body, hidden }) => text(body['location']) === location.toLowerCase() && hidden['power'] !== 'deallocated',
    );
  const families = new Map<string, number>();
  for (const machine of machines) {
    const size = findSize(text(object(propertiesOf(machine)['hardwareProfile'])['vmSize']));
    if (size === undefined) continue;
    const family = familyOf(size.name);
    families.set(family, (families.get(family) ?? 0) + size.cores);
  }
  return { machines: machines.length, families };
}

/** The same for a machine that has none in use. */
export function requireCoresOf(services: Services, machine: StoredResource): void {
  const size = findSize(text(object(propertiesOf(machine)['hardwareProfile'])['vmSize']));
  if (size !== undefined) requireCores(services, size, text(machine.body['location']));
}

/** Throws ArmError 409 where the region or the size's family has too few cores left. */
export function requireCores(services: Services, { name, cores }: Size, location: string): void {
  const { families } = coresInUse(services, location);
  const total = [...families.values()].reduce((sum, used) => sum + used, 0);
  const family = familyOf(name);
  const quotas: Array<[string, number]> = [
    ['Total Regional', total],
    [family, families.get(family) ?? 0],
  ];
  for (const [quota, used] of quotas) {
    if (used + cores <= services.coreLimit) continue;
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `Operation could not be completed as it results in exceeding approved ${quota} Cores quota. Additional details - ` +
        `Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${services.coreLimit}, Current Usage: ${used}, ` +
        `Additional Required: ${cores}, (Minimum) New Limit Required: ${used + cores}. Submit a request for Quota increase.`,
    );
  }
}

function usages(services: Services, location: string): Json[] {
  const { machines, families } = coresInUse(services, location);
  const total = [...families.values()].reduce((sum, used) => sum + used, 0);
  const usage = (value: string, localizedValue: string, currentValue: number, limit: number): Json => ({
    unit: 'Count',
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  return [
    usage('cores', 'Total Regional vCPUs', total, services.coreLimit),
    usage('virtualMachines', 'Virtual Machines', machines, 25_000),
    ...[...new Set(SIZES.map(({ name }) => familyOf(name)))].map((family) =>
      usage(family, `${family} vCPUs`, families.get(family) ?? 0, services.coreLimit),
    ),
  ];
}
