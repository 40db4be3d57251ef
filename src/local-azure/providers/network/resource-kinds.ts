/** What all resources of Microsoft.Network have in common: how they are written, deleted, read and listed. */
import { randomUUID } from 'node:crypto';
import {
  LOCAL_SUBSCRIPTION,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type JsonObject,
  type Operation,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { refuseBadName, refuseWhileChanging, requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { refuseWhileKinChange, requireParent } from './conflicts.ts';
import { notFound } from './words.ts';
import { isChild, parentId, propertiesOf, RESOURCE_TYPES, sameContent, stateOf } from './bodies.ts';

/** How a resource is looked at. */
export interface View {
  apiVersion: string;
  /** In the answer to its own change. */
  written: boolean;
}

export interface Kind {
  /** `Microsoft.Network/virtualNetworks` */
  type: string;
  /** Retry-After of an accepted PUT; undefined where Azure sends none. */
  retryAfter?: number;
  /** Of an accepted DELETE; 10 unless told. */
  deleteRetryAfter?: number;
  /** Network interfaces are `Succeeded` from the first answer on, though they have an operation. */
  succeedsAtOnce?: boolean;
  /** Public addresses are `Updating` even by a change that changes nothing. */
  neverAtOnce?: boolean;
  /** Whether it has a guid of its own; unless told, what lies in no other resource has one. */
  hasGuid?: boolean;
  /** The properties to keep, from those sent and those held. Throws ArmError for what is wrong with them. */
  build(request: ArmRequest, existing: StoredResource | undefined, id: string): JsonObject;
  /** Whether the request leaves as they are the parts that are resources of their own. */
  leavesParts?(request: ArmRequest, existing: StoredResource): boolean;
  /** Called in the same transaction once the resource is stored. */
  stored?(request: ArmRequest, resource: StoredResource): void;
  /** Adds what follows from other resources. */
  show?(resource: StoredResource, view: View): JsonObject;
  /** Throws ArmError where something still uses the resource. */
  refuseDeletion?(resource: StoredResource): void;
}

/** Changes of what lies in another resource were not notified of at first. */
export const PART_FORM = { notifiesSince: '2020-11-01' };
const NAME = /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/;

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

/** The handlers of a kind; `path` ends in `{name}`. */
export function routesOf(services: Services, kind: Kind, path: string): Route[] {
  const { store } = services;
  const show = (resource: StoredResource, apiVersion: string, written = false) =>
    kind.show?.(resource, { apiVersion, written }) ?? resource.body;
  const collection = path.replace(/\/\{name\}$/, '');
  const tail = `/providers/${kind.type}`;
  const scopes = collection.endsWith(tail) ? [collection, `/subscriptions/{subscriptionId}${tail}`] : [collection];
  const get = (id: string): StoredResource => {
    if (!isChild(kind.type)) return requireResource(store, id);
    requireResource(store, parentId(id));
    const resource = store.get(id);
    if (resource === undefined) throw notFound(id);
    return resource;
  };
  return [
    { method: 'PUT', path, handle: (request) => write(services, kind, request) },
    { method: 'GET', path, handle: ({ id, apiVersion }) => ({ status: 200, body: show(get(id), apiVersion) }) },
    { method: 'DELETE', path, handle: (request) => remove(services, kind, request) },
    {
      method: 'PATCH',
      path,
      handle({ id, body, apiVersion }) {
        const resource = get(id);
        const changed = {
          ...resource,
          body: { ...resource.body, ...(body?.['tags'] === undefined ? {} : { tags: body['tags'] }) },
        };
        store.put(changed);
        const headers = { 'Azure-AsyncNotification': 'Enabled' };
        return { status: 200, body: show(changed, apiVersion, true), headers };
      },
    },
    ...scopes.map((scope): Route => ({
      method: 'GET',
      path: scope,
      handle({ id, apiVersion }) {
        if (isChild(kind.type)) requireResource(store, parentId(`${id}/x`));
        const under = id.endsWith(tail) ? id.slice(0, -tail.length) : id;
        const held = store.list({ type: kind.type, under });
        return { status: 200, body: { value: held.map((resource) => show(resource, apiVersion)) } };
      },
    })),
  ];
}

function write(services: Services, kind: Kind, request: ArmRequest): ArmResponse {
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
  const child = isChild(kind.type);
  const id = existing?.id ?? request.id;
  if (child) {
    requireParent(store, kind.type, id);
    refuseWhileKinChange(services, request, id);
  }
  const location = child ? undefined : requireRegion(request.body?.['location'], kind.type);
  const guid = kind.hasGuid ?? !child;
  const kept: JsonObject = {
    name: existing?.body['name'] ?? request.params['name'] ?? '',
    id,
    type: kind.type,
    ...(location === undefined ? {} : { location }),
    ...(request.body?.['tags'] === undefined ? {} : { tags: request.body['tags'] }),
    ...(request.body?.['sku'] === undefined ? {} : { sku: request.body['sku'] }),
    ...(request.body?.['zones'] === undefined ? {} : { zones: request.body['zones'] }),
    properties: {
      ...(guid ? { resourceGuid: propertiesOf(existing?.body)['resourceGuid'] ?? randomUUID() } : {}),
      ...kind.build(request, existing, id),
    },
  };
  const view: View = { apiVersion: request.apiVersion, written: true };
  const show = (one: StoredResource): JsonObject => kind.show?.(one, view) ?? one.body;
  // What changes nothing but tags is done with the answer, and sends no Retry-After.
  const unchanged =
    kind.neverAtOnce !== true &&
    existing !== undefined &&
    sameContent(propertiesOf(show(existing)), propertiesOf(show({ ...existing, body: kept }))) &&
    kind.leavesParts?.(request, existing) !== false;
  const atOnce = kind.succeedsAtOnce === true || unchanged;
  const resource: StoredResource = {
    id,
    type: kind.type,
    body: stateOf(kept, atOnce ? 'Succeeded' : 'Updating'),
    hidden: existing?.hidden ?? {},
  };
  const operation = store.transaction(() => {
    store.put(resource);
    kind.stored?.(request, resource);
    return begin(services, resource, `${kind.type}/write`);
  });
  const form: AsyncForm = {
    segment: 'operations',
    headers: 'azure-async',
    ...(child ? PART_FORM : {}),
    ...(kind.retryAfter === undefined || atOnce ? {} : { retryAfter: kind.retryAfter }),
  };
  return { status: existing === undefined ? 201 : 200, body: show(resource), operation: { operation, form } };
}

function remove(services: Services, kind: Kind, request: ArmRequest): ArmResponse {
  const { store, operations } = services;
  if (isChild(kind.type)) requireResource(store, parentId(request.id));
  const resource = store.get(request.id);
  if (resource === undefined) {
    return { status: 204 };
  }
  const running = operations.pending(resource.id).find(({ kind: name }) => name.endsWith('/delete'));
  if (running === undefined) {
    if (isChild(kind.type)) refuseWhileKinChange(services, request, resource.id);
    kind.refuseDeletion?.(resource);
  }
  const operation =
    running ??
    store.transaction(() => {
      store.put({ ...resource, body: stateOf(resource.body, 'Deleting') });
      return begin(services, resource, `${kind.type}/delete`);
    });
  const form: AsyncForm = {
    segment: 'operations',
    headers: 'both',
    retryAfter: kind.deleteRetryAfter ?? 10,
    ...(isChild(kind.type) ? PART_FORM : {}),
  };
  return { status: 202, operation: { operation, form } };
}

/** Begins an operation on a resource, or on what lies in it, in the region of both. */
export function begin({ store, operations }: Services, { id, body }: StoredResource, kind: string): Operation {
  const location = body['location'] ?? store.get(parentId(id))?.body['location'] ?? 'global';
  return operations.begin({
    kind,
    subscriptionId: LOCAL_SUBSCRIPTION,
    location: textOf(location),
    resourceId: id,
    input: {},
  });
}
