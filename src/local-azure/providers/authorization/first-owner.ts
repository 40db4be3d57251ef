/**
 * The client that a new local Azure makes owns its subscription and, since owning a subscription opens no data, its blobs,
 * until somebody takes that away.
 */
import { LOCAL_SUBSCRIPTION, type ResourceStore } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { ASSIGNMENT_TYPE } from './access.ts';
import { BLOB_OWNER, OWNER } from './role-definitions.ts';

export function assignOwner(store: ResourceStore, principalId: string): void {
  const scope = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
  const assign = (word: string, roleDefinitionId: string): void => {
    // Once: what was taken away since stays so.
    const marker = { id: `/local-azure/${word}`, type: 'local/owner', body: {}, hidden: {} };
    if (store.get(marker.id) !== undefined) return;
    const name = guidFrom(`${word} ${principalId}`);
    const id = `${scope}/providers/${ASSIGNMENT_TYPE}/${name}`;
    const properties = { roleDefinitionId, principalId, principalType: 'ServicePrincipal', scope };
    store.put({ id, type: ASSIGNMENT_TYPE, body: { id, name, type: ASSIGNMENT_TYPE, properties }, hidden: {} });
    store.put(marker);
  };
  store.transaction(() => {
    assign('owner', OWNER);
    assign('blob-owner', BLOB_OWNER);
  });
}
