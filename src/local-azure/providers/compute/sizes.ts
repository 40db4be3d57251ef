/** Sizes, their quota, and the resource SKUs that say which region has them. */
import type { Json, Route, Services } from '../../core.ts';
import { REGION_NAMES } from '../../regions.ts';
import { object, propertiesOf, text, TYPES } from './shared.ts';

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

/** Generous, so that a hundred builds at once fit one region. */
const CORE_LIMIT = 1000;

export function findSize(name: string): Size | undefined {
  return SIZES.find((known) => known.name.toLowerCase() === name.toLowerCase());
}

export function sizeRoutes(services: Services): Route[] {
  const inLocation = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}';
  return [
    {
      method: 'GET',
      path: `${inLocation}/vmSizes`,
      handle: () => ({
        status: 200,
        body: {
          value: SIZES.map(({ name, cores, memoryInMB }) => ({
            name,
            numberOfCores: cores,
            memoryInMB,
            osDiskSizeInMB: 1_047_552,
            resourceDiskSizeInMB: 16_384,
            maxDataDiskCount: cores * 2,
          })),
        },
      }),
    },
    {
      method: 'GET',
      path: `${inLocation}/usages`,
      handle: ({ params }) => ({ status: 200, body: { value: usages(services, params['location'] ?? '') } }),
    },
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/skus',
      handle: () => ({
        status: 200,
        body: {
          value: REGION_NAMES.flatMap((location) =>
            SIZES.map(({ name, cores, memoryInMB, generations }): Json => ({
              resourceType: 'virtualMachines',
              name,
              tier: 'Standard',
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

function usages(services: Services, location: string): Json[] {
  const machines = services.store
    .list({ type: TYPES.machine })
    .filter(({ body }) => text(body['location']).toLowerCase() === location.toLowerCase());
  const cores = machines.reduce((sum, machine) => {
    const { vmSize } = object(propertiesOf(machine)['hardwareProfile']);
    return sum + (findSize(text(vmSize))?.cores ?? 0);
  }, 0);
  const usage = (value: string, localizedValue: string, currentValue: number, limit: number): Json => ({
    unit: 'Count',
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  return [
    usage('cores', 'Total Regional vCPUs', cores, CORE_LIMIT),
    usage('virtualMachines', 'Virtual Machines', machines.length, 25_000),
  ];
}
