/** Storage accounts. Their names are one space for all subscriptions, as they are host names. */
import { randomBytes } from 'node:crypto';
import {
  ArmError,
  type ArmRequest,
  type JsonObject,
  LOCAL_SUBSCRIPTION,
  type ResourceStore,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { assignedIdentity } from '../managed-identity/assigned.ts';
import { showAccount } from './account-bodies.ts';
import { defaultsOf, encryption, networkAcls, secondary, skuOf } from './account-parts.ts';

export const ACCOUNT = 'Microsoft.Storage/storageAccounts';
const WRITE = `${ACCOUNT}/write`;
const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
const ALL = `/providers/${ACCOUNT}`;
export const ONE_ACCOUNT = `${GROUP}${ALL}/{account}`;
const NAME = /^[a-z0-9]{3,24}$/;
const NAME_RULE =
  'is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.';

export function accountRoutes(services: Services): Route[] {
  const { store, operations, blobs } = services;

  operations.register(WRITE, async ({ resourceId, input }) => {
    const account = store.get(resourceId);
    if (account === undefined) {
      return;
    }
    await blobs.addAccount(textOf(account.body['name']), keysOf(account));
    const properties = { ...(account.body['properties'] as JsonObject), provisioningState: 'Succeeded' };
    const body = { ...account.body, properties };
    store.put({ ...account, body });
    return show(body, textOf(input['apiVersion']));
  });

  const show = (body: JsonObject, apiVersion: string): JsonObject => showAccount(body, apiVersion, blobs.endpoint);

  function refuseWhileBusy(id: string): void {
    if (operations.pending(id).length === 0) return;
    throw new ArmError(
      409,
      'StorageAccountOperationInProgress',
      'An operation is currently performing on this storage account that requires exclusive access.',
    );
  }

  function create(request: ArmRequest): StoredResource {
    const { params, body } = request;
    const name = params['account'] ?? '';
    const missing = ['sku', 'kind'].filter((key) => body?.[key] === undefined);
    if (missing.length > 0) {
      throw new ArmError(400, 'InvalidRequestContent', `The request content lacks ${missing.join(', ')}.`);
    }
    const time = services.now().toISOString();
    const location = requireRegion(body?.['location'], ACCOUNT);
    const sku = skuOf(body?.['sku']);
    const identity = assignedIdentity(store, request.id, body?.['identity'], undefined);
    const sent = (body?.['properties'] ?? {}) as JsonObject;
    return {
      id: request.id,
      type: ACCOUNT,
      hidden: { key1: newKey(), key2: newKey() },
      body: {
        ...(identity === undefined ? {} : { identity }),
        sku,
        kind: body?.['kind'] ?? 'StorageV2',
        id: request.id,
        name,
        type: ACCOUNT,
        location,
        tags: body?.['tags'] ?? {},
        properties: {
          keyCreationTime: { key1: time, key2: time },
          privateEndpointConnections: [],
          supportsHttpsTrafficOnly: true,
          accessTier: 'Hot',
          ...defaultsOf(request.apiVersion),
          ...sent,
          networkAcls: networkAcls(sent['networkAcls'], undefined),
          encryption: encryption(sent['encryption'], undefined, time),
          provisioningState: 'Creating',
          creationTime: time,
          primaryLocation: location,
          statusOfPrimary: 'available',
          ...secondary(sku, location),
        },
      },
    };
  }

  /** A PATCH says what changes, and so does a PUT of an account that is there. */
  function update(account: StoredResource, { body: sent, apiVersion }: ArmRequest): JsonObject {
    const former = account.body['properties'] as JsonObject;
    const changed = (sent?.['properties'] ?? {}) as JsonObject;
    const identity = assignedIdentity(store, account.id, sent?.['identity'], account.body['identity']);
    const { identity: _former, ...rest } = account.body;
    const sku = skuOf(sent?.['sku'] ?? account.body['sku']);
    const { secondaryLocation: _location, statusOfSecondary: _status, ...kept } = former;
    const body = {
      ...(identity === undefined ? {} : { identity }),
      ...rest,
      sku,
      ...(sent?.['kind'] === undefined ? {} : { kind: sent['kind'] }),
      ...(sent?.['tags'] === undefined ? {} : { tags: sent['tags'] }),
      properties: {
        ...kept,
        ...changed,
        networkAcls: networkAcls(changed['networkAcls'], former['networkAcls']),
        encryption: encryption(changed['encryption'], former['encryption'], services.now().toISOString()),
        ...secondary(sku, textOf(former['primaryLocation'])),
      },
    };
    store.put({ ...account, body });
    return show(body, apiVersion);
  }

  return [
    {
      method: 'PUT',
      path: ONE_ACCOUNT,
      handle(request) {
        const name = request.params['account'] ?? '';
        if (!NAME.test(name)) {
          throw new ArmError(400, 'AccountNameInvalid', `${name} ${NAME_RULE}`);
        }
        const existing = store.get(request.id);
        if (existing !== undefined) {
          refuseWhileBusy(existing.id);
          const location = requireRegion(request.body?.['location'] ?? existing.body['location'], ACCOUNT);
          if (location !== existing.body['location']) {
            throw new ArmError(
              409,
              'InvalidResourceLocation',
              `The resource '${name}' already exists in location '${textOf(existing.body['location'])}' in resource group '${request.params['resourceGroup']}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
            );
          }
          return { status: 200, body: update(existing, request) };
        }
        const taken = accountNamed(store, name);
        if (taken !== undefined && !sameId(taken.id, request.id)) {
          throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`);
        }
        const account = create(request);
        const operation = store.transaction(() => {
          store.put(account);
          return operations.begin({
            kind: WRITE,
            subscriptionId: LOCAL_SUBSCRIPTION,
            location: textOf(account.body['location']),
            resourceId: account.id,
            input: { apiVersion: request.apiVersion },
          });
        });
        return {
          status: 202,
          operation: { operation, form: { segment: 'asyncoperations', headers: 'location', retryAfter: 17 } },
        };
      },
    },
    {
      method: 'GET',
      path: ONE_ACCOUNT,
      handle: ({ id, apiVersion }) => ({ status: 200, body: show(requireResource(store, id).body, apiVersion) }),
    },
    {
      method: 'PATCH',
      path: ONE_ACCOUNT,
      handle(request) {
        const account = requireResource(store, request.id);
        refuseWhileBusy(account.id);
        return { status: 200, body: update(account, request) };
      },
    },
    {
      method: 'DELETE',
      path: ONE_ACCOUNT,
      async handle({ id }) {
        const account = store.get(id);
        if (account === undefined) {
          return { status: 204 };
        }
        for (const operation of operations.pending(account.id)) {
          operations.cancel(operation.id);
        }
        await blobs.removeAccount(textOf(account.body['name']));
        store.transaction(() => {
          for (const child of store.list({ under: account.id })) {
            store.delete(child.id);
          }
          store.delete(account.id);
        });
        return { status: 200 };
      },
    },
    ...[GROUP, '/subscriptions/{subscriptionId}'].map((scope): Route => ({
      method: 'GET',
      path: `${scope}${ALL}`,
      handle: ({ id, apiVersion }) => {
        const accounts = store.list({ type: ACCOUNT, under: id.slice(0, -ALL.length) });
        return { status: 200, body: { value: accounts.map(({ body }) => show(body, apiVersion)) } };
      },
    })),
    {
      method: 'POST',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Storage/checkNameAvailability',
      handle({ body }) {
        const name = textOf(body?.['name'] ?? '');
        if (!NAME.test(name)) {
          return {
            status: 200,
            body: { nameAvailable: false, reason: 'AccountNameInvalid', message: `${name} ${NAME_RULE}` },
          };
        }
        return accountNamed(store, name) === undefined
          ? { status: 200, body: { nameAvailable: true } }
          : {
              status: 200,
              body: {
                nameAvailable: false,
                reason: 'AlreadyExists',
                message: `The storage account named ${name} is already taken.`,
              },
            };
      },
    },
  ];
}

export function keysOf(account: StoredResource): [string, string] {
  return [textOf(account.hidden['key1']), textOf(account.hidden['key2'])];
}

export function newKey(): string {
  return randomBytes(64).toString('base64');
}

function accountNamed(store: ResourceStore, name: string): StoredResource | undefined {
  return store.list({ type: ACCOUNT }).find(({ body }) => body['name'] === name);
}
