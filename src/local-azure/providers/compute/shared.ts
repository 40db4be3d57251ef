/** What the resources of Microsoft.Compute have in common: how they are kept, changed, listed and deleted. */
import { createHash, randomUUID } from 'node:crypto';
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type Json,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { parseResourceId } from '../../resource-id.ts';
import { requireName } from './names.ts';

export const TYPES = {
  machine: 'Microsoft.Compute/virtualMachines',
  extension: 'Microsoft.Compute/virtualMachines/extensions',
  runCommand: 'Microsoft.Compute/virtualMachines/runCommands',
  availabilitySet: 'Microsoft.Compute/availabilitySets',
  proximityGroup: 'Microsoft.Compute/proximityPlacementGroups',
  encryptionSet: 'Microsoft.Compute/diskEncryptionSets',
  diskAccess: 'Microsoft.Compute/diskAccesses',
  disk: 'Microsoft.Compute/disks',
  snapshot: 'Microsoft.Compute/snapshots',
  image: 'Microsoft.Compute/images',
  gallery: 'Microsoft.Compute/galleries',
  definition: 'Microsoft.Compute/galleries/images',
  application: 'Microsoft.Compute/galleries/applications',
  version: 'Microsoft.Compute/galleries/images/versions',
} as const;

/** The first api-version whose galleries say that they notify Resource Manager of the end of an operation. */
export const GALLERIES_NOTIFY = '2022-08-03';

export const GROUP_PATH = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}';
export const MACHINE_PATH = `${GROUP_PATH}/providers/${TYPES.machine}/{name}`;

export const object = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
export const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);
export const text = (value: Json | undefined): string => textOf(value);
export const propertiesOf = (resource: StoredResource): JsonObject => object(resource.body['properties']);
export const idIn = (value: unknown): string | undefined => {
  const { id } = object(value);
  // Some clients leave the first slash out, and Azure takes that.
  return typeof id === 'string' && id !== '' ? id.replace(/^(?=subscriptions\/)/i, '/') : undefined;
};

/** Safe as a folder name, and another one for each creation under the same id. */
export const contentKey = (kind: string, uniqueId: string): string =>
  `${kind}-${createHash('sha256').update(uniqueId).digest('hex').slice(0, 20)}`;

/** Merges into the stored resource; nothing when it has been deleted meanwhile. */
export function update(
  services: Services,
  id: string,
  change: { properties?: JsonObject; hidden?: JsonObject; body?: JsonObject },
): StoredResource | undefined {
  const current = services.store.get(id);
  if (current === undefined) return undefined;
  const changed: StoredResource = {
    ...current,
    body: { ...current.body, ...change.body, properties: { ...propertiesOf(current), ...change.properties } },
    hidden: { ...current.hidden, ...change.hidden },
  };
  services.store.put(changed);
  return changed;
}

/** Registers what a write does after it was accepted: the resource ends `Succeeded`, or `Failed` where `work` throws. */
export function registerWrite(
  services: Services,
  kind: string,
  work: (resource: StoredResource) => Promise<void> | void,
  answer: (resource: StoredResource, apiVersion: string) => Json | void = () => undefined,
): void {
  const end = (id: string, provisioningState: string) => update(services, id, { properties: { provisioningState } });
  services.operations.register(kind, async ({ resourceId, input }) => {
    const resource = services.store.get(resourceId);
    if (resource === undefined) return undefined;
    try {
      await work(resource);
    } catch (error) {
      end(resourceId, 'Failed');
      throw error;
    }
    const written = end(resourceId, 'Succeeded');
    return written === undefined ? undefined : answer(written, text(input['apiVersion']));
  });
}

export interface Written {
  type: string;
  location: string;
  properties: JsonObject;
  hidden?: JsonObject;
  /** Members beside `properties` that are kept as sent. */
  keep?: string[];
  /** Members beside `properties` that do not come from the request. */
  body?: JsonObject;
  /** Key of the runner; `<type>/write` unless told. */
  kind?: string;
  form: AsyncForm;
  status: number;
  /** What the write is answered with, where that is not the resource itself. */
  answer?: (resource: StoredResource) => JsonObject;
}

/** Stores the resource as being written, begins its operation and answers both. */
export function acceptWrite(services: Services, request: ArmRequest, written: Written): ArmResponse {
  const { store, operations } = services;
  const names = parseResourceId(request.id).fullName.split('/');
  const name = names.at(-1) ?? '';
  requireName(written.type, name);
  const existing = store.get(request.id);
  const id = existing?.id ?? request.id;
  const sent = request.body ?? {};
  const kept = Object.fromEntries(
    (written.keep ?? []).flatMap((key) => (sent[key] === undefined ? [] : [[key, sent[key]]])),
  );
  const resource: StoredResource = {
    id,
    type: written.type,
    body: {
      name: existing?.body['name'] ?? name,
      id,
      type: written.type,
      location: written.location,
      ...(sent['tags'] === undefined ? {} : { tags: sent['tags'] }),
      ...(kept as JsonObject),
      ...written.body,
      properties: written.properties,
    },
    hidden: { ...existing?.hidden, ...written.hidden },
  };
  const operation = store.transaction(() => {
    store.put(resource);
    return operations.begin({
      kind: written.kind ?? `${written.type}/write`,
      subscriptionId: request.subscriptionId,
      location: written.location,
      resourceId: id,
      input: { apiVersion: request.apiVersion, paced: written.form.retryAfter !== undefined },
    });
  });
  return {
    status: written.status,
    body: written.answer?.(resource) ?? resource.body,
    operation: { operation, form: written.form },
  };
}

/** Begins an operation on a resource: deletions and the verbs of a machine. */
export function acceptAction(
  services: Services,
  request: ArmRequest,
  resource: StoredResource,
  kind: string,
  form: AsyncForm,
  input: JsonObject = {},
): ArmResponse {
  const operation = services.operations.begin({
    kind,
    subscriptionId: request.subscriptionId,
    location: text(resource.body['location']),
    resourceId: resource.id,
    input: { ...input, paced: form.retryAfter !== undefined },
  });
  return { status: 202, operation: { operation, form } };
}

/** A resource as an api-version shows it. */
export type Show = (resource: StoredResource, apiVersion: string) => JsonObject;

/** GET of one, list by group and by subscription, and PATCH of tags; what every top-level type has. */
export function readRoutes(services: Services, type: string, show: Show = ({ body }) => body): Route[] {
  const collection = `${GROUP_PATH}/providers/${type}`;
  const path = `${collection}/{name}`;
  const tail = `/providers/${type}`.toLowerCase();
  const listUnder = ({ id, apiVersion }: ArmRequest): ArmResponse => {
    const under = id.toLowerCase().endsWith(tail) ? id.slice(0, -tail.length) : id;
    const value = services.store.list({ type, under }).map((resource) => show(resource, apiVersion));
    return { status: 200, body: { value } };
  };
  return [
    {
      method: 'GET',
      path,
      handle: ({ id, apiVersion }) => ({ status: 200, body: show(requireResource(services.store, id), apiVersion) }),
    },
    { method: 'GET', path: collection, handle: listUnder },
    { method: 'GET', path: `/subscriptions/{subscriptionId}${`/providers/${type}`}`, handle: listUnder },
  ];
}

/** DELETE, answered 204 where nothing is; a second one joins the first. */
export function deleteRoute(
  services: Services,
  type: string,
  path: string,
  form: AsyncForm,
  refuse: (resource: StoredResource) => void,
): Route {
  return {
    method: 'DELETE',
    path,
    handle(request) {
      const resource = services.store.get(request.id);
      if (resource === undefined) return { status: 204 };
      const running = services.operations.pending(resource.id).find(({ kind }) => kind === `${type}/delete`);
      if (running !== undefined) return { status: 202, operation: { operation: running, form } };
      refuse(resource);
      update(services, resource.id, { properties: { provisioningState: 'Deleting' } });
      return acceptAction(services, request, resource, `${type}/delete`, form);
    },
  };
}

/** 409 while something else changes the resource. */
export function refuseWhileBusy(services: Services, resource: StoredResource): void {
  const [pending] = services.operations.pending(resource.id);
  if (pending === undefined) return;
  throw new ArmError(
    409,
    'Conflict',
    `The request failed due to conflict with a concurrent request on '${text(resource.body['name'])}': ` +
      `operation '${pending.id}' (${pending.kind}) is in progress.`,
  );
}

export const uniqueId = (): string => randomUUID();
export const invalid = (target: string, message: string): ArmError =>
  new ArmError(400, 'InvalidParameter', message, target);
