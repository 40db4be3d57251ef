/** Empties a group: dependents go before what they depend on, children before their parents. */
import type { Provider, Services, StoredResource } from '../../core.ts';
import { parseResourceId } from '../../resource-id.ts';

/** Types in the order in which they go; what is not listed goes last. */
const ORDER = [
  'Microsoft.Compute/virtualMachines',
  'Microsoft.Compute/galleries',
  'Microsoft.Compute/images',
  'Microsoft.Compute/snapshots',
  'Microsoft.Compute/disks',
  'Microsoft.Network/networkInterfaces',
  'Microsoft.Network/publicIPAddresses',
  'Microsoft.Network/virtualNetworks',
  'Microsoft.Network/networkSecurityGroups',
].map((type) => type.toLowerCase());

/** Idempotent: called again after a restart it goes on with what is left. */
export async function emptyGroup(services: Services, providers: Provider[], groupId: string): Promise<void> {
  const resources = services.store
    .list({ under: groupId })
    .toSorted((left, right) => rank(left) - rank(right) || depth(right) - depth(left));
  for (const resource of resources) {
    const namespace = parseResourceId(resource.id).namespace?.toLowerCase();
    const provider = providers.find((candidate) => candidate.namespace.toLowerCase() === namespace);
    await provider?.discard?.(resource);
    for (const { id } of services.operations.pending(resource.id)) {
      services.operations.cancel(id);
    }
    services.store.delete(resource.id);
  }
}

function rank(resource: StoredResource): number {
  const top = resource.type.toLowerCase().split('/').slice(0, 2).join('/');
  const index = ORDER.indexOf(top);
  return index < 0 ? ORDER.length : index;
}

function depth(resource: StoredResource): number {
  return resource.type.split('/').length;
}
