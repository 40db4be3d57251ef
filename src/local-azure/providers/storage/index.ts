/** Microsoft.Storage: accounts and their blob containers; the data plane is Azurite. */
import type { Provider, Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { accountRoutes, ACCOUNT, keysOf } from './accounts.ts';
import { containerRoutes } from './containers.ts';
import { keyRoutes } from './keys.ts';

export function createStorageProvider(services: Services): Provider {
  const { store, blobs } = services;
  return {
    namespace: 'Microsoft.Storage',
    resourceTypes: [
      'storageAccounts',
      'storageAccounts/blobServices',
      'storageAccounts/blobServices/containers',
      'checkNameAvailability',
    ].map((resourceType) => ({ resourceType, apiVersions: ['2025-06-01', '2024-01-01', '2023-01-01', '2022-09-01'] })),
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
