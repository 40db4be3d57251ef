/** Microsoft.Storage: accounts and their blob containers; the data plane is Azurite. */
import { describeTypes } from '../../api-versions/index.ts';
import type { Provider, Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { accountRoutes, ACCOUNT, keysOf } from './accounts.ts';
import { containerRoutes } from './containers.ts';
import { keyRoutes } from './keys.ts';

export function createStorageProvider(services: Services): Provider {
  const { store, blobs } = services;
  return {
    namespace: 'Microsoft.Storage',
    resourceTypes: describeTypes('Microsoft.Storage'),
    routes: [...accountRoutes(services), ...keyRoutes(services), ...containerRoutes(services)],
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
