/** References between network resources, read from the bodies: nothing has to be kept in step. */
import { ArmError, type Json, type JsonObject, type ResourceStore, type StoredResource } from '../../core.ts';
import { sameId } from '../../resource-id.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { requireProvisioned } from './conflicts.ts';

export const idOf = (reference: Json | undefined): string | undefined => {
  const id = (reference as JsonObject | null | undefined)?.['id'];
  return typeof id === 'string' ? id : undefined;
};

export function ipConfigurations(nic: StoredResource): JsonObject[] {
  return (propertiesOf(nic.body)['ipConfigurations'] ?? []) as JsonObject[];
}

/** The IP configurations of all interfaces that refer to `id` by `key` (`subnet` or `publicIPAddress`). */
export function usersOf(store: ResourceStore, key: 'subnet' | 'publicIPAddress', id: string): JsonObject[] {
  return store
    .list({ type: RESOURCE_TYPES.nic })
    .flatMap(ipConfigurations)
    .filter((configuration) => sameId(idOf(propertiesOf(configuration)[key]) ?? '', id));
}

/** Resources of a type whose property `key` refers to `id`. */
export function referencesTo(store: ResourceStore, type: string, key: string, id: string): StoredResource[] {
  return store.list({ type }).filter(({ body }) => sameId(idOf(propertiesOf(body)[key]) ?? '', id));
}

/** The machine whose network profile has the interface. */
export function machineOf(store: ResourceStore, nicId: string): StoredResource | undefined {
  return store.list({ type: 'Microsoft.Compute/virtualMachines' }).find(({ body }) => {
    const profile = propertiesOf(body)['networkProfile'] as JsonObject | undefined;
    const interfaces = (profile?.['networkInterfaces'] ?? []) as Json[];
    return interfaces.some((reference) => sameId(idOf(reference) ?? '', nicId));
  });
}

/** Throws ArmError 400 InvalidResourceReference where `reference` names nothing, 429 while that is being made. */
export function requireReference(store: ResourceStore, reference: Json | undefined, from: string): void {
  const id = idOf(reference);
  if (id === undefined) return;
  if (store.get(id) === undefined) {
    throw new ArmError(
      400,
      'InvalidResourceReference',
      `Resource ${id} referenced by resource ${from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    );
  }
  requireProvisioned(store, id, from);
}
