/** Where what Microsoft.Authorization has may lie: a subscription, a group, a resource, and what is in it. */
import { ArmError } from '../../core.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroup}`;
/** A resource, one in it, one in that, and so on. */
const RESOURCES = [1, 2, 3, 4].map(
  (depth) =>
    `${GROUP}/providers/{namespace}${Array.from({ length: depth }, (_, at) => `/{type${at}}/{name${at}}`).join('')}`,
);
export const SCOPES = [SUBSCRIPTION, GROUP, ...RESOURCES];

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Of an id that ends with the provider's part, or of a list's with a slash after it. */
export const scopeOf = (id: string): string =>
  id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.authorization/'));

/** All that the service says of a body that it cannot read. */
export const badFormat = (): ArmError =>
  new ArmError(400, 'BadRequestFormat', 'The request was incorrectly formatted.');

/** Throws ArmError 400 InvalidRoleAssignmentId or InvalidRoleDefinitionId. */
export function requireGuid(name: string | undefined, what: 'role assignment' | 'role definition'): string {
  if (name !== undefined && GUID.test(name)) return name;
  const code = what === 'role assignment' ? 'InvalidRoleAssignmentId' : 'InvalidRoleDefinitionId';
  throw new ArmError(400, code, `The ${what} ID '${name ?? ''}' is not valid. The ID must be a GUID.`);
}
