/** Empties a group: dependents go before what they depend on, children before their parents. */
import type { Provider, ResourceStore, StoredResource } from '../../core.ts';
import type { OperationEngine } from '../../operations.ts';
import { parseResourceId } from '../../resource-id.ts';

/** Types in the order in which they go; what is not listed goes last. */
const ORDER = [
  'Microsoft.Compute/virtualMachines',
  'Microsoft.Compute/galleries',
  'Microsoft.Compute/images',
  'Microsoft.Compute/snapshots',
  'Microsoft.Compute/disks',
  'Microsoft.Network/networkInterfaces',
  'Microsoft.Network/virtualNetworks',
  'Microsoft.Network/natGateways',
  'Microsoft.Network/publicIPAddresses',
  'Microsoft.Network/networkSecurityGroups',
].map((type) => type.toLowerCase());

const SETTLE_MS = 10_000;

/** Idempotent: called again after a restart it goes on with what is left. */
export async function emptyGroup(
  { store, operations }: { store: ResourceStore; operations: OperationEngine },
  providers: Provider[],
  groupId: string,
): Promise<void> {
  const resources = store
    .list({ under: groupId })
    .toSorted((left, right) => rank(left) - rank(right) || depth(right) - depth(left));
  for (const resource of resources) {
    for (const { id } of operations.pending(resource.id)) {
      operations.cancel(id);
    }
    const namespace = parseResourceId(resource.id).namespace?.toLowerCase();
    const provider = providers.find((candidate) => candidate.namespace.toLowerCase() === namespace);
    await provider?.discard?.(resource);
    // A runner that was in the middle of its work would write the resource again after it is gone.
    await within(SETTLE_MS, operations.settled(resource.id));
    store.delete(resource.id);
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

function rank(resource: StoredResource): number {
  const top = resource.type.toLowerCase().split('/').slice(0, 2).join('/');
  const index = ORDER.indexOf(top);
  return index < 0 ? ORDER.length : index;
}

function depth(resource: StoredResource): number {
  return resource.type.split('/').length;
}
