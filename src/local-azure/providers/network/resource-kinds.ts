/** What all resources of Microsoft.Network have in common: how they are written, deleted, read and listed. */
import { randomUUID } from 'node:crypto';
import {
  LOCAL_SUBSCRIPTION,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { refuseBadName, refuseWhileChanging, requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';

export interface Kind {
  /** `Microsoft.Network/virtualNetworks` */
  type: string;
  /** Retry-After of an accepted PUT; undefined where Azure sends none. */
  retryAfter?: number;
  /** Changes are in force with the answer, and it sends no Retry-After: networks and security groups. */
  updatesAtOnce?: boolean;
  /** Network interfaces are `Succeeded` from the first answer on, though they have an operation. */
  succeedsAtOnce?: boolean;
  /** The properties to keep, from those sent and those held. Throws ArmError for what is wrong with them. */
  build(request: ArmRequest, existing: StoredResource | undefined, id: string): JsonObject;
  /** Called in the same transaction once the resource is stored. */
  stored?(request: ArmRequest, resource: StoredResource): void;
  /** Adds what follows from other resources. */
  show?(resource: StoredResource, apiVersion: string): JsonObject;
  /** Throws ArmError where something still uses the resource. */
  refuseDeletion?(resource: StoredResource): void;
}

const DELETE_FORM: AsyncForm = { segment: 'operations', headers: 'both', retryAfter: 10 };
const NAME = /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/;
export const RESOURCE_TYPES = {
  network: 'Microsoft.Network/virtualNetworks',
  subnet: 'Microsoft.Network/virtualNetworks/subnets',
  securityGroup: 'Microsoft.Network/networkSecurityGroups',
  publicIp: 'Microsoft.Network/publicIPAddresses',
  publicIpPrefix: 'Microsoft.Network/publicIPPrefixes',
  nic: 'Microsoft.Network/networkInterfaces',
} as const;

export const propertiesOf = (holder: { [key: string]: unknown } | undefined): JsonObject =>
  (holder?.['properties'] ?? {}) as JsonObject;

export function registerNetworkOperations({ store, operations }: Services): void {
  for (const type of Object.values(RESOURCE_TYPES)) {
    operations.register(`${type}/write`, ({ resourceId }) => {
      const resource = store.get(resourceId);
      if (resource !== undefined) {
        store.put({
          ...resource,
          body: stateOf(resource.body, 'Succeeded'),
          hidden: { ...resource.hidden, made: true },
        });
        for (const child of store.list({ under: resourceId })) {
          store.put({ ...child, body: stateOf(child.body, 'Succeeded') });
        }
      }
      return Promise.resolve();
    });
    operations.register(`${type}/delete`, ({ resourceId }) => {
      for (const child of store.list({ under: resourceId })) {
        store.delete(child.id);
      }
      store.delete(resourceId);
      return Promise.resolve();
    });
  }
}

export function stateOf(body: JsonObject, provisioningState: string): JsonObject {
  return {
    ...body,
    etag: `W/"${randomUUID()}"`,
    properties: { ...propertiesOf(body), provisioningState },
  };
}

/** The handlers of a kind; `path` ends in `{name}`. */
export function routesOf(services: Services, kind: Kind, path: string): Route[] {
  const { store } = services;
  const show = (resource: StoredResource, apiVersion: string) => kind.show?.(resource, apiVersion) ?? resource.body;
  const collection = path.replace(/\/\{name\}$/, '');
  const tail = `/providers/${kind.type}`;
  const scopes = collection.endsWith(tail) ? [collection, `/subscriptions/{subscriptionId}${tail}`] : [collection];
  return [
    { method: 'PUT', path, handle: (request) => write(services, kind, request, show) },
    {
      method: 'GET',
      path,
      handle: ({ id, apiVersion }) => ({ status: 200, body: show(requireResource(store, id), apiVersion) }),
    },
    { method: 'DELETE', path, handle: ({ id }) => remove(services, kind, id) },
    {
      method: 'PATCH',
      path,
      handle({ id, body, apiVersion }) {
        const resource = requireResource(store, id);
        const changed = {
          ...resource,
          body: { ...resource.body, ...(body?.['tags'] === undefined ? {} : { tags: body['tags'] }) },
        };
        store.put(changed);
        return { status: 200, body: show(changed, apiVersion), headers: { 'Azure-AsyncNotification': 'Enabled' } };
      },
    },
    ...scopes.map((scope): Route => ({
      method: 'GET',
      path: scope,
      handle: ({ id, apiVersion }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: kind.type, under: id.endsWith(tail) ? id.slice(0, -tail.length) : id })
            .map((resource) => show(resource, apiVersion)),
        },
      }),
    })),
  ];
}

function write(
  services: Services,
  kind: Kind,
  request: ArmRequest,
  show: (resource: StoredResource, apiVersion: string) => JsonObject,
): ArmResponse {
  const { store, operations } = services;
  refuseBadName(
    request.params['name'] ?? '',
    NAME,
    'it starts with a letter or digit, has 1 to 80 letters, digits, _, . or -, and ends with a letter, digit or _',
  );
  const existing = store.get(request.id);
  if (existing !== undefined && operations.pending(existing.id).some(({ kind: name }) => name.endsWith('/delete'))) {
    refuseWhileChanging(operations, existing.id);
  }
  const isChild = kind.type.split('/').length > 2;
  const id = existing?.id ?? request.id;
  const location = isChild ? undefined : requireRegion(request.body?.['location'], kind.type);
  const kept: JsonObject = {
    name: existing?.body['name'] ?? request.params['name'] ?? '',
    id,
    type: kind.type,
    ...(location === undefined ? {} : { location }),
    ...(request.body?.['tags'] === undefined ? {} : { tags: request.body['tags'] }),
    ...(request.body?.['sku'] === undefined ? {} : { sku: request.body['sku'] }),
    ...(request.body?.['zones'] === undefined ? {} : { zones: request.body['zones'] }),
    properties: {
      ...(isChild ? {} : { resourceGuid: propertiesOf(existing?.body)['resourceGuid'] ?? randomUUID() }),
      ...kind.build(request, existing, id),
    },
  };
  const atOnce = kind.succeedsAtOnce === true || (kind.updatesAtOnce === true && existing !== undefined);
  const resource: StoredResource = {
    id,
    type: kind.type,
    body: stateOf(kept, atOnce ? 'Succeeded' : 'Updating'),
    hidden: existing?.hidden ?? {},
  };
  const operation = store.transaction(() => {
    store.put(resource);
    kind.stored?.(request, resource);
    return operations.begin({
      kind: `${kind.type}/write`,
      subscriptionId: LOCAL_SUBSCRIPTION,
      location: location ?? parentLocation(services, id),
      resourceId: id,
      input: {},
    });
  });
  const form: AsyncForm = {
    segment: 'operations',
    headers: 'azure-async',
    ...(kind.retryAfter === undefined || atOnce ? {} : { retryAfter: kind.retryAfter }),
  };
  const body = show(resource, request.apiVersion);
  return { status: existing === undefined ? 201 : 200, body, operation: { operation, form } };
}

function remove(services: Services, kind: Kind, id: string): ArmResponse {
  const { store, operations } = services;
  const resource = store.get(id);
  if (resource === undefined) {
    return { status: 204 };
  }
  const running = operations.pending(resource.id).find(({ kind: name }) => name.endsWith('/delete'));
  if (running === undefined) {
    kind.refuseDeletion?.(resource);
  }
  const operation =
    running ??
    store.transaction(() => {
      store.put({ ...resource, body: stateOf(resource.body, 'Deleting') });
      return operations.begin({
        kind: `${kind.type}/delete`,
        subscriptionId: LOCAL_SUBSCRIPTION,
        location: textOf(resource.body['location'] ?? parentLocation(services, id)),
        resourceId: resource.id,
        input: {},
      });
    });
  return { status: 202, operation: { operation, form: DELETE_FORM } };
}

function parentLocation({ store }: Services, id: string): string {
  const parent = store.get(id.split('/').slice(0, -2).join('/'));
  return textOf(parent?.body['location'] ?? 'global');
}
