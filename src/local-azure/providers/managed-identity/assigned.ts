/** The identities of another resource, as the services that have such complete what was sent. */
import { ArmError, type Json, type JsonObject, LOCAL_TENANT, type ResourceStore } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { objectOf, textOf } from '../../json.ts';

/**
 * Undefined for none, as `type: None` says. A null takes an identity away that `former` has.
 * Throws ArmError 400 FailedIdentityOperation for an identity that is not there.
 */
export function assignedIdentity(
  store: ResourceStore,
  resourceId: string,
  sent: Json | undefined,
  former: Json | undefined,
): JsonObject | undefined {
  if (sent === undefined) return former === undefined ? undefined : objectOf(former);
  const type = textOf(objectOf(sent)['type']);
  if (type === '' || /^none$/i.test(type)) return undefined;
  const system = /SystemAssigned/i.test(type);
  const asked = /UserAssigned/i.test(type)
    ? { ...objectOf(objectOf(former)['userAssignedIdentities']), ...objectOf(objectOf(sent)['userAssignedIdentities']) }
    : {};
  const users = Object.entries(asked).filter(([, value]) => value !== null);
  return {
    ...(system ? { principalId: guidFrom(`principal ${resourceId}`), tenantId: LOCAL_TENANT } : {}),
    type,
    ...(users.length === 0
      ? {}
      : { userAssignedIdentities: Object.fromEntries(users.map(([id]) => [id, principalsOf(store, resourceId, id)])) }),
  };
}

function principalsOf(store: ResourceStore, resourceId: string, id: string): JsonObject {
  const identity = store.get(id);
  if (identity !== undefined) {
    const { principalId, clientId } = identity.body['properties'] as JsonObject;
    return { principalId: principalId ?? '', clientId: clientId ?? '' };
  }
  const inner = { error: { code: 'BadRequest', message: `Resource '${id}' was not found.` } };
  throw new ArmError(
    400,
    'FailedIdentityOperation',
    `Identity operation for resource '${resourceId}' failed with error 'Failed to perform resource identity operation. ` +
      `Status: 'BadRequest'. Response: '${JSON.stringify(inner)}'.'.`,
  );
}
