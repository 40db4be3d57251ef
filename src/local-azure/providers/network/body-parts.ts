/** What lives in another resource's body and has an address of its own besides: security rules, routes. */
import { randomUUID } from 'node:crypto';
import type { ArmRequest, ArmResponse, AsyncForm, JsonObject, Route, Services, StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { propertiesOf, sameContent, stateOf } from './bodies.ts';
import { requireParent } from './conflicts.ts';
import { begin, PART_FORM } from './resource-kinds.ts';
import { notFound } from './words.ts';

export interface PartKind {
  /** Type of what holds them. */
  holder: string;
  /** `securityRules`: the key in the holder's body, and in the address. */
  segment: string;
  /** Of accepted changes. */
  retryAfter: number;
  /** The properties to keep. Throws ArmError for what is wrong with those sent. */
  keep(sent: JsonObject, id: string): JsonObject;
  /** Throws ArmError where one of them is in another's way. */
  refuseConflicts(parts: JsonObject[]): void;
}

export const partsOf = ({ body }: StoredResource, { segment }: PartKind): JsonObject[] =>
  (propertiesOf(body)[segment] ?? []) as JsonObject[];

/** Those that the holder's own request has, as they are kept. */
export function keepParts(kind: PartKind, request: ArmRequest, holderId: string): JsonObject[] {
  const sent = (propertiesOf(request.body)[kind.segment] ?? []) as JsonObject[];
  const parts = sent.map((part) => keepPart(kind, part, `${holderId}/${kind.segment}/${textOf(part['name'])}`));
  kind.refuseConflicts(parts);
  return parts;
}

/** In the state of their holder while that is being made. */
export function showParts(kind: PartKind, holder: StoredResource): JsonObject[] {
  const state = textOf(propertiesOf(holder.body)['provisioningState']);
  return partsOf(holder, kind).map((part) => ({
    ...part,
    properties: { ...propertiesOf(part), provisioningState: state },
  }));
}

const keepPart = (kind: PartKind, part: JsonObject, id: string): JsonObject => ({
  name: part['name'] ?? '',
  id,
  type: `${kind.holder}/${kind.segment}`,
  etag: `W/"${randomUUID()}"`,
  properties: { ...kind.keep(propertiesOf(part), id), provisioningState: 'Succeeded' },
});

export function partRoutes(services: Services, kind: PartKind): Route[] {
  const { store } = services;
  const { holder: type, segment, retryAfter } = kind;
  const collection = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${type}/{holder}/${segment}`;
  const path = `${collection}/{name}`;
  const holderOf = (id: string) => requireResource(store, id.replace(new RegExp(`/${segment}(/[^/]+)?$`, 'i'), ''));
  const named = (request: ArmRequest) => (part: JsonObject) =>
    textOf(part['name']).toLowerCase() === request.params['name']?.toLowerCase();
  const change = (holder: StoredResource, parts: JsonObject[], how: 'write' | 'delete') => {
    const properties = { ...propertiesOf(holder.body), [segment]: parts };
    store.put({ ...holder, body: stateOf({ ...holder.body, properties }, 'Succeeded') });
    return begin(services, holder, `${type}/${segment}/${how}`);
  };
  // In force with the answer.
  for (const how of ['write', 'delete']) {
    services.operations.register(`${type}/${segment}/${how}`, () => Promise.resolve());
  }
  return [
    {
      method: 'PUT',
      path,
      handle(request): ArmResponse {
        requireParent(store, `${type}/${segment}`, request.id);
        const holder = holderOf(request.id);
        const held = partsOf(holder, kind);
        const former = held.find(named(request));
        const name = former?.['name'] ?? request.params['name'] ?? '';
        const part = keepPart(kind, { ...request.body, name }, textOf(former?.['id'] ?? request.id));
        const parts = former === undefined ? [...held, part] : held.map((one) => (one === former ? part : one));
        kind.refuseConflicts(parts);
        const unchanged = former !== undefined && sameContent(propertiesOf(former), propertiesOf(part));
        const operation = change(holder, parts, 'write');
        const form: AsyncForm = {
          segment: 'operations',
          headers: 'azure-async',
          ...(unchanged ? {} : { retryAfter }),
          ...PART_FORM,
        };
        return {
          status: former === undefined ? 201 : 200,
          body: unchanged ? part : stateOf(part, 'Updating'),
          operation: { operation, form },
        };
      },
    },
    {
      method: 'GET',
      path,
      handle(request) {
        const part = partsOf(holderOf(request.id), kind).find(named(request));
        if (part === undefined) throw notFound(request.id);
        return { status: 200, body: part };
      },
    },
    {
      method: 'DELETE',
      path,
      handle(request): ArmResponse {
        const holder = holderOf(request.id);
        const held = partsOf(holder, kind);
        const others = held.filter((part) => !named(request)(part));
        if (others.length === held.length) return { status: 204 };
        const form: AsyncForm = { segment: 'operations', headers: 'both', retryAfter, ...PART_FORM };
        return { status: 202, operation: { operation: change(holder, others, 'delete'), form } };
      },
    },
    {
      method: 'GET',
      path: collection,
      handle: ({ id }) => ({ status: 200, body: { value: partsOf(holderOf(id), kind) } }),
    },
  ];
}
