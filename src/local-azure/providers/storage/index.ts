/** Microsoft.Storage: accounts and what is in them; the data plane is Azurite, for blobs. */
import { describeTypes } from '../../api-versions/index.ts';
import type { Provider, Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { accountOfferRoutes } from './account-offers.ts';
import { accountRoutes, ACCOUNT, keysOf } from './accounts.ts';
import { containerRoutes } from './containers.ts';
import { failoverRoutes } from './failover.ts';
import { keyRoutes } from './keys.ts';
import { managementPolicyRoutes } from './management-policies.ts';
import { serviceRoutes } from './services.ts';
import { shareRoutes } from './shares.ts';

export function createStorageProvider(services: Services): Provider {
  const { store, blobs } = services;
  return {
    namespace: 'Microsoft.Storage',
    resourceTypes: describeTypes('Microsoft.Storage'),
    routes: [
      ...accountRoutes(services),
      ...accountOfferRoutes(services),
      ...keyRoutes(services),
      ...failoverRoutes(services),
      ...serviceRoutes(services),
      ...containerRoutes(services),
      ...shareRoutes(services),
      ...managementPolicyRoutes(services),
    ],
    async discard({ type, body }) {
      if (type === ACCOUNT) {
        await blobs.removeAccount(textOf(body['name']));
      }
    },
    async resume() {
      for (const account of store.list({ type: ACCOUNT })) {
        await blobs.addAccount(textOf(account.body['name']), keysOf(account));
      }
    },
  };
}
