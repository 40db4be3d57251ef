/**
 * Whom the directory knows. One that was made with an identity is known there some seconds later only, as in Azure: who
 * assigns a role without saying what kind of principal it is for is refused until then.
 */
import { ArmError, LOCAL_TENANT, type JsonObject, type Services } from '../../core.ts';
import { ASSIGNMENT_TYPE } from './access.ts';

const REPLICATION = 'Microsoft.ManagedIdentity/principals/replication';

/** What has principals: identities, and machines and accounts with one of their own. */
const HOLDERS = [
  'Microsoft.ManagedIdentity/userAssignedIdentities',
  'Microsoft.Compute/virtualMachines',
  'Microsoft.Storage/storageAccounts',
];

const entryOf = (principalId: string): string => `/directory/${principalId}`;

export function registerReplication({ operations }: Services): void {
  operations.register(REPLICATION, () => Promise.resolve());
}

/** A principal begins to be known. */
export function introduce({ operations, profile }: Services, principalId: string, location: string): void {
  if (profile.duration(REPLICATION) === 0) return;
  const resourceId = entryOf(principalId);
  operations.begin({ kind: REPLICATION, subscriptionId: '', location, resourceId, input: {} });
}

/** Throws ArmError 400 PrincipalNotFound. */
export function requirePrincipal({ store, operations }: Services, principalId: string, caller: string): void {
  const known =
    principalId === caller ||
    store.list({ type: ASSIGNMENT_TYPE }).some(({ body }) => principalIn(body) === principalId) ||
    HOLDERS.flatMap((type) => store.list({ type })).some(({ body }) => principalIn(body) === principalId);
  if (known && operations.pending(entryOf(principalId)).length === 0) return;
  throw new ArmError(
    400,
    'PrincipalNotFound',
    `Principal ${principalId.replaceAll('-', '')} does not exist in the directory ${LOCAL_TENANT}. Check that you have the ` +
      'correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be ' +
      'related to a replication delay. In this case, set the role assignment principalType property to a value, such as ' +
      'ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype',
  );
}

function principalIn({ properties, identity }: JsonObject): unknown {
  const held = { ...(identity as JsonObject | undefined), ...(properties as JsonObject | undefined) };
  return held['principalId'];
}
