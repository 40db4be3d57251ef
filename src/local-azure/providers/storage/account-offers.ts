/** What storage has to offer: how many accounts a region may have, which kinds in which redundancy, and links to an account. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { isRegion, normalizeRegion, REGION_NAMES } from '../../regions.ts';
import { ACCOUNT, ONE_ACCOUNT } from './accounts.ts';
import { endpointsOf } from './account-parts.ts';
import { requireParent } from './children.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}/providers/Microsoft.Storage';
/** Azure's own number. */
const ACCOUNTS_A_REGION = 250;

/** Name → kinds that it goes with. */
const SKUS: Array<[name: string, kinds: string[]]> = [
  ['Standard_LRS', ['Storage', 'StorageV2', 'BlobStorage']],
  ['Standard_GRS', ['Storage', 'StorageV2', 'BlobStorage']],
  ['Standard_RAGRS', ['Storage', 'StorageV2', 'BlobStorage']],
  ['Standard_ZRS', ['StorageV2']],
  ['Standard_GZRS', ['StorageV2']],
  ['Standard_RAGZRS', ['StorageV2']],
  ['Premium_LRS', ['Storage', 'StorageV2', 'BlockBlobStorage', 'FileStorage']],
  ['Premium_ZRS', ['StorageV2', 'BlockBlobStorage', 'FileStorage']],
];

export function accountOfferRoutes({ store }: Services): Route[] {
  const usage = (currentValue: number): JsonObject => ({
    unit: 'Count',
    currentValue,
    limit: ACCOUNTS_A_REGION,
    name: { value: 'StorageAccounts', localizedValue: 'Storage Accounts' },
  });
  const accounts = () => store.list({ type: ACCOUNT });
  return [
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/locations/{location}/usages`,
      handle({ params }) {
        const location = normalizeRegion(params['location'] ?? '');
        if (!isRegion(location)) {
          throw new ArmError(
            400,
            'NoRegisteredProviderFound',
            `No registered resource provider found for location '${params['location']}'. The supported locations are '${REGION_NAMES.join(', ')}'.`,
          );
        }
        const here = accounts().filter(({ body }) => body['location'] === location);
        return { status: 200, body: { value: [usage(here.length)] } };
      },
    },
    // Until 2017 accounts were counted for the whole subscription.
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/usages`,
      handle: () => ({ status: 200, body: { value: [usage(accounts().length)] } }),
    },
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/skus`,
      handle: () => ({
        status: 200,
        body: {
          value: SKUS.flatMap(([name, kinds]) =>
            kinds.flatMap((kind) =>
              REGION_NAMES.map((location) => ({
                resourceType: 'storageAccounts',
                name,
                tier: name.startsWith('Premium') ? 'Premium' : 'Standard',
                kind,
                locations: [location],
                capabilities: [
                  { name: 'supportschangenotification', value: String(kind !== 'Storage') },
                  { name: 'supportsfileencryption', value: 'true' },
                  { name: 'supportshoeswithlrs', value: String(name === 'Standard_LRS' && kind === 'StorageV2') },
                ],
                restrictions: [],
              })),
            ),
          ),
        },
      }),
    },
    {
      method: 'GET',
      path: `${ONE_ACCOUNT}/privateLinkResources`,
      handle(request) {
        const { id, body } = requireParent(store, request, 1);
        const offered = ['blob', 'table', 'queue', 'file', 'web', 'dfs'].filter((service) =>
          endpointsOf(body['kind'], body['sku']).includes(service),
        );
        const secondaries = offered.filter(
          (service) => service !== 'file' && textOf((body['sku'] as JsonObject)['name']).startsWith('Standard_RAG'),
        );
        const link = (service: string, groupId: string): JsonObject => ({
          id: `${id}/privateLinkResources/${groupId}`,
          name: groupId,
          type: `${ACCOUNT}/privateLinkResources`,
          properties: {
            groupId,
            requiredMembers: [groupId],
            requiredZoneNames: [`privatelink.${service}.core.windows.net`],
          },
        });
        const value = [
          ...offered.map((service) => link(service, service)),
          ...secondaries.map((service) => link(service, `${service}_secondary`)),
        ];
        return { status: 200, body: { value } };
      },
    },
    {
      method: 'GET',
      path: `${ONE_ACCOUNT}/privateEndpointConnections`,
      handle(request) {
        requireParent(store, request, 1);
        return { status: 200, body: { value: [] } };
      },
    },
  ];
}
