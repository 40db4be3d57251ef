/** The client that a new local Azure makes owns its subscription, until somebody takes that away. */
import { LOCAL_SUBSCRIPTION, type ResourceStore } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { ASSIGNMENT_TYPE } from './access.ts';
import { OWNER } from './role-definitions.ts';

export function assignOwner(store: ResourceStore, principalId: string): void {
  const marker = { id: '/local-azure/owner', type: 'local/owner', body: {}, hidden: {} };
  if (store.get(marker.id) !== undefined) return;
  const scope = `/subscriptions/${LOCAL_SUBSCRIPTION}`;
  const name = guidFrom(`owner ${principalId}`);
  const id = `${scope}/providers/${ASSIGNMENT_TYPE}/${name}`;
  const properties = { roleDefinitionId: OWNER, principalId, principalType: 'ServicePrincipal', scope };
  store.transaction(() => {
    store.put({ id, type: ASSIGNMENT_TYPE, body: { id, name, type: ASSIGNMENT_TYPE, properties }, hidden: {} });
    store.put(marker);
  });
}
