/** An account moved to the region of its second copy, where it is kept once from then on. */
import { ArmError, type JsonObject, LOCAL_SUBSCRIPTION, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { ACCOUNT, ONE_ACCOUNT } from './accounts.ts';
import { skuOf } from './account-parts.ts';

const FAILOVER = `${ACCOUNT}/failover/action`;

export function failoverRoutes({ store, operations }: Services): Route[] {
  operations.register(FAILOVER, ({ resourceId }) => {
    const account = store.get(resourceId);
    if (account === undefined) return Promise.resolve();
    const { secondaryLocation, statusOfSecondary: _status, ...properties } = account.body['properties'] as JsonObject;
    if (secondaryLocation === undefined) return Promise.resolve();
    const body = {
      ...account.body,
      sku: skuOf({ name: 'Standard_LRS' }),
      properties: { ...properties, primaryLocation: secondaryLocation, provisioningState: 'Succeeded' },
    };
    store.put({ ...account, body });
    return Promise.resolve();
  });
  return [
    {
      method: 'POST',
      path: `${ONE_ACCOUNT}/failover`,
      handle({ id }) {
        const account = requireResource(store, id);
        const { secondaryLocation } = account.body['properties'] as JsonObject;
        if (secondaryLocation === undefined) {
          throw new ArmError(
            409,
            'StorageAccountFailoverNotSupported',
            'The account has no secondary location to fail over to: its sku is not geo-redundant.',
          );
        }
        if (operations.pending(account.id).length > 0) {
          throw new ArmError(
            409,
            'StorageAccountOperationInProgress',
            'An operation is currently performing on this storage account that requires exclusive access.',
          );
        }
        const operation = operations.begin({
          kind: FAILOVER,
          subscriptionId: LOCAL_SUBSCRIPTION,
          location: textOf(account.body['location']),
          resourceId: account.id,
          input: {},
        });
        return {
          status: 202,
          operation: { operation, form: { segment: 'asyncoperations', headers: 'location', retryAfter: 17 } },
        };
      },
    },
  ];
}
