/** Sizes and their quota. */
import { ArmError, type Json, type JsonObject, type Route, type Services, type StoredResource } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireWithin } from './names.ts';
import { GROUP_PATH, invalid, MACHINE_PATH, object, propertiesOf, text, TYPES } from './shared.ts';
import { familyOf, findSize, SIZES, type Size } from './size-catalogue.ts';

const MOST_LUN = 63;

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
  ];
}

const describeSizes = (): Json[] =>
  SIZES.map(({ name, cores, memoryInMB, maxDataDisks }) => ({
    name,
    numberOfCores: cores,
    osDiskSizeInMB: 1_047_552,
    resourceDiskSizeInMB: 16_384,
    memoryInMB,
    maxDataDiskCount: maxDataDisks,
  }));

/** Throws ArmError where a machine of the size takes fewer disks, or two of them have one place. */
export function requireDataDisks(disks: JsonObject[], size: Size | undefined): void {
  const held = disks.filter(({ toBeDetached }) => toBeDetached !== true);
  if (size !== undefined && held.length > size.maxDataDisks) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The maximum number of data disks allowed to be attached to a VM of this size is ${size.maxDataDisks}.`,
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
