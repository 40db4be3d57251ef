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

const SIZES: Size[] = [
  size('Standard_A1_v2', 1, 2, 'V1'),
  size('Standard_B1s', 1, 1),
  size('Standard_B2s', 2, 4),
  size('Standard_B2ms', 2, 8),
  size('Standard_D1_v2', 1, 3.5, 'V1'),
  size('Standard_D2_v2', 2, 7, 'V1'),
  size('Standard_DS1_v2', 1, 3.5),
  size('Standard_DS2_v2', 2, 7),
  size('Standard_D2_v3', 2, 8, 'V1'),
  size('Standard_D2s_v3', 2, 8),
  size('Standard_D4s_v3', 4, 16),
  size('Standard_D8s_v3', 8, 32),
  size('Standard_D2ds_v4', 2, 8),
  size('Standard_D4ds_v4', 4, 16),
  size('Standard_D2s_v4', 2, 8),
  size('Standard_D2s_v5', 2, 8),
  size('Standard_D4s_v5', 4, 16),
  size('Standard_D2ds_v5', 2, 8),
  size('Standard_D4ds_v5', 4, 16),
  size('Standard_F2s_v2', 2, 4),
  size('Standard_E2s_v5', 2, 16),
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
