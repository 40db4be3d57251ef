/** What lies in an account: it needs the account, and what it is in besides. */
import { randomBytes } from 'node:crypto';
import { ArmError, type ArmRequest, type ResourceStore, type StoredResource } from '../../core.ts';
import { parseResourceId } from '../../resource-id.ts';
import { ACCOUNT } from './accounts.ts';

const VERBS: Record<string, string> = { PUT: 'write', PATCH: 'write', DELETE: 'delete', POST: 'action' };

/**
 * The account that a request is about. Throws ArmError 404 ParentResourceNotFound.
 * @param own how many types of the request's own are below the account's
 */
export function requireParent(store: ResourceStore, { id, method }: ArmRequest, own = 2): StoredResource {
  const accountId = accountIdOf(id);
  const account = store.get(accountId);
  if (account !== undefined) return account;
  const { type = '' } = parseResourceId(id);
  const types = type.split('/').slice(1, 2 + own);
  throw new ArmError(
    404,
    'ParentResourceNotFound',
    `Failed to perform '${VERBS[method] ?? 'read'}' on resource(s) of type '${types.join('/')}', because the parent resource '${accountId}' could not be found.`,
  );
}

export function accountIdOf(id: string): string {
  return new RegExp(`^.*/providers/${ACCOUNT}/[^/]+`, 'i').exec(id)?.[0] ?? id;
}

/** As the services of an account mark what they hold. */
export function etag(): string {
  return `"0x8D${randomBytes(7).toString('hex').toUpperCase().slice(0, 13)}"`;
}
