/** The four services of an account as Resource Manager has them. Only the blob service is really there. */
import type { ArmRequest, JsonObject, Route, Services, StoredResource } from '../../core.ts';
import { objectOf } from '../../json.ts';
import { ACCOUNT, ONE_ACCOUNT } from './accounts.ts';
import { requireParent } from './children.ts';

/** What each says of itself before anybody has set anything. */
function defaultsOf(service: string, apiVersion: string): JsonObject {
  const cors = { corsRules: [] };
  switch (service) {
    case 'blobServices':
      return { cors, deleteRetentionPolicy: { ...(apiVersion < '2021-01-01' ? {} : FOR_GOOD), enabled: false } };
    case 'fileServices':
      return apiVersion < '2019-08-01'
        ? { cors }
        : { protocolSettings: { smb: {} }, cors, shareDeleteRetentionPolicy: { enabled: true, days: 7 } };
    case 'queueServices':
      return apiVersion < '2022-01-01' ? { cors } : { logging: NO_LOGGING, cors };
    default:
      return { cors };
  }
}
const FOR_GOOD = { allowPermanentDelete: false };
const NO_LOGGING = { version: '1.0', delete: false, read: false, write: false, retentionPolicy: { enabled: false } };

export function serviceRoutes({ store }: Services): Route[] {
  const show = (account: StoredResource, service: string, apiVersion: string): JsonObject => {
    const id = `${account.id}/${service}/default`;
    const set = objectOf(store.get(id)?.body['properties']);
    const { name, tier } = objectOf(account.body['sku']);
    const sku = apiVersion < '2020-08-01' ? { name: name ?? '' } : { name: name ?? '', tier: tier ?? '' };
    const shares = objectOf(set['shareDeleteRetentionPolicy']);
    return {
      ...(/^(blob|file)Services$/.test(service) ? { sku } : {}),
      id,
      name: 'default',
      type: `${ACCOUNT}/${service}`,
      properties: {
        ...defaultsOf(service, apiVersion),
        ...set,
        ...(shares['enabled'] === false ? { shareDeleteRetentionPolicy: { ...shares, days: 0 } } : {}),
      },
    };
  };
  const accountOf = (request: ArmRequest): StoredResource => requireParent(store, request, 1);

  return ['blobServices', 'fileServices', 'queueServices', 'tableServices'].flatMap((service): Route[] => [
    {
      method: 'GET',
      path: `${ONE_ACCOUNT}/${service}`,
      handle: (request) => ({
        status: 200,
        body: { value: [show(accountOf(request), service, request.apiVersion)] },
      }),
    },
    {
      method: 'GET',
      path: `${ONE_ACCOUNT}/${service}/default`,
      handle: (request) => ({ status: 200, body: show(accountOf(request), service, request.apiVersion) }),
    },
    {
      method: 'PUT',
      path: `${ONE_ACCOUNT}/${service}/default`,
      // A write is answered with what was sent; one that sets nothing with its name, no more.
      handle(request) {
        const id = `${accountOf(request).id}/${service}/default`;
        const sent = request.body?.['properties'];
        if (sent === undefined) return { status: 200, body: { name: 'default' } };
        const type = `${ACCOUNT}/${service}`;
        const properties = { ...objectOf(store.get(id)?.body['properties']), ...objectOf(sent) };
        store.put({ id, type, body: { properties }, hidden: {} });
        return { status: 200, body: { id, name: 'default', type, properties: sent } };
      },
    },
  ]);
}
