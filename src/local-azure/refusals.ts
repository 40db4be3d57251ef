/** Refusals that several providers word alike. */
import { ArmError, type Operations, type ResourceStore, type StoredResource } from './core.ts';
import { parseResourceId } from './resource-id.ts';

/** Types whose provider speaks for itself when Resource Manager still knows of one that is gone. */
const OWN_WORDS: Record<string, (name: string) => string> = {
  'microsoft.compute/virtualmachines': () => 'The entity was not found in this Azure location.',
  'microsoft.compute/disks': (name) => `Disk ${name} is not found.`,
  'microsoft.compute/snapshots': (name) => `Snapshot ${name} is not found.`,
  'microsoft.compute/diskencryptionsets': (name) => `DiskEncryptionSet '${name}' was not found.`,
  'microsoft.compute/diskaccesses': (name) => `DiskAccess object ${name} not found.`,
};

/** Throws ArmError 404 ResourceNotFound, or NotFound where the provider has its own words. */
export function requireResource(store: ResourceStore, id: string): StoredResource {
  const resource = store.get(id);
  if (resource === undefined) {
    const { type, name } = parseResourceId(id);
    const own = OWN_WORDS[(type ?? '').toLowerCase()];
    if (own !== undefined && store.wasDeleted(id)) throw new ArmError(404, 'NotFound', own(name));
    throw resourceNotFound(id);
  }
  return resource;
}

/** As Resource Manager words it. */
export function resourceNotFound(id: string): ArmError {
  const { type = '', resourceGroup = '', fullName } = parseResourceId(id);
  const [namespace, ...types] = type.split('/');
  const names = fullName.split('/');
  const path = types.map((segment, index) => `${segment}/${names[index] ?? ''}`).join('/');
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${namespace}/${path}' under resource group '${resourceGroup}' was not found. ` +
      'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
  );
}

/** Throws ArmError 409 AnotherOperationInProgress while something is under way on the resource. */
export function refuseWhileChanging(operations: Operations, id: string): void {
  const [pending] = operations.pending(id);
  if (pending !== undefined) {
    throw new ArmError(
      409,
      'AnotherOperationInProgress',
      `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: operation id ${pending.id} (${pending.kind}).`,
    );
  }
}

/** Throws ArmError 400 InvalidResourceName; `rule` says in words what a name must be. */
export function refuseBadName(name: string, pattern: RegExp, rule: string): void {
  if (!pattern.test(name)) {
    throw new ArmError(400, 'InvalidResourceName', `Resource name '${name}' is invalid: ${rule}.`);
  }
}
