/** Virtual networks. Their subnets and peerings are resources of their own, which a network's body shows. */
import { randomUUID } from 'node:crypto';
import {
  ArmError,
  type ArmRequest,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { propertiesOf, RESOURCE_TYPES, sameContent, stateOf } from './bodies.ts';
import { parseRange } from './ip-ranges.ts';
import { peeringKind } from './peerings.ts';
import { type Kind, routesOf, type View } from './resource-kinds.ts';
import { spaceOf, subnetKind } from './subnets.ts';

const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.network}`;

/** What a network's own request may have in it: where it is sent it is the whole set, where it is left out all stays. */
interface Parts {
  key: 'subnets' | 'virtualNetworkPeerings';
  type: string;
  keep(sent: JsonObject, id: string, space: string[]): JsonObject;
  show(part: StoredResource, view: View): JsonObject;
  refuseDeletion?(part: StoredResource): void;
}

export function virtualNetworkRoutes(services: Services): Route[] {
  const { store } = services;
  const subnet = subnetKind(services);
  const peering = peeringKind(services);
  const PARTS: Parts[] = [
    { key: 'subnets', ...subnet },
    { key: 'virtualNetworkPeerings', ...peering },
  ];
  const held = (network: StoredResource, { type }: Parts) => store.list({ type, under: network.id });
  const sentOf = (request: ArmRequest, { key }: Parts) =>
    propertiesOf(request.body)[key] as JsonObject[] | undefined | null;
  const idOfPart = (network: StoredResource, { key }: Parts, part: JsonObject): string => {
    const id = `${network.id}/${key}/${textOf(part['name'])}`;
    return store.get(id)?.id ?? id;
  };

  /** As a part is to be kept, without its state. */
  function keepPart(parts: Parts, sent: JsonObject, id: string, space: string[]): JsonObject {
    const guid = propertiesOf(store.get(id)?.body)['resourceGuid'];
    const properties = parts.keep(propertiesOf(sent), id, space);
    return parts.key === 'subnets' ? properties : { resourceGuid: guid ?? randomUUID(), ...properties };
  }

  function leavesParts(request: ArmRequest, existing: StoredResource): boolean {
    const space = spaceOf(propertiesOf(request.body));
    const view: View = { apiVersion: request.apiVersion, written: true };
    return PARTS.every((parts) => {
      const sent = sentOf(request, parts);
      if (sent === undefined || sent === null) return true;
      if (sent.length !== held(existing, parts).length) return false;
      return sent.every((part) => {
        const id = idOfPart(existing, parts, part);
        const former = store.get(id);
        if (former === undefined) return false;
        const kept = { ...former.body, properties: keepPart(parts, part, id, space) };
        return sameContent(parts.show(former, view), parts.show({ ...former, body: kept }, view));
      });
    });
  }

  function putParts(request: ArmRequest, network: StoredResource, parts: Parts): void {
    const sent = sentOf(request, parts);
    if (sent === undefined || sent === null) return;
    const ids = sent.map((part) => idOfPart(network, parts, part));
    for (const former of held(network, parts)) {
      if (!ids.includes(former.id)) {
        parts.refuseDeletion?.(former);
        store.delete(former.id);
      }
    }
    const state = textOf(propertiesOf(network.body)['provisioningState']);
    sent.forEach((part, index) => {
      const id = ids[index] ?? '';
      const properties = keepPart(parts, part, id, spaceOf(propertiesOf(network.body)));
      const body = stateOf({ name: part['name'] ?? '', id, type: parts.type, properties }, state);
      store.put({ id, type: parts.type, body, hidden: {} });
    });
  }

  const network: Kind = {
    type: RESOURCE_TYPES.network,
    retryAfter: 3,
    build(request) {
      const { subnets: _, virtualNetworkPeerings: __, ...sent } = propertiesOf(request.body);
      if (spaceOf(sent).length === 0) {
        throw new ArmError(
          400,
          'InvalidRequestFormat',
          'properties.addressSpace.addressPrefixes: expected at least one CIDR range such as 10.0.0.0/16.',
        );
      }
      spaceOf(sent).forEach(parseRange);
      return { enableDdosProtection: false, ...sent };
    },
    leavesParts,
    stored(request, resource) {
      for (const parts of PARTS) putParts(request, resource, parts);
    },
    show(resource, view) {
      const [subnets, virtualNetworkPeerings] = [
        store.list({ type: RESOURCE_TYPES.subnet, under: resource.id }).map((one) => subnet.show(one, view)),
        store.list({ type: RESOURCE_TYPES.peering, under: resource.id }).map((one) => peering.show(one, view)),
      ];
      const ofItsTime = {
        // Azure had it for a while.
        ...(view.apiVersion < '2020-11-01' ? { enableVmProtection: false } : {}),
        ...(view.apiVersion < '2024-03-01' ? {} : { privateEndpointVNetPolicies: 'Disabled' }),
      };
      return {
        ...resource.body,
        properties: { ...ofItsTime, ...propertiesOf(resource.body), subnets, virtualNetworkPeerings },
      };
    },
    refuseDeletion(resource) {
      for (const one of store.list({ type: RESOURCE_TYPES.subnet, under: resource.id })) subnet.refuseDeletion(one);
    },
  };

  return [
    ...routesOf(services, network, `${ONE}/{name}`),
    ...routesOf(services, subnet, `${ONE}/{network}/subnets/{name}`),
    ...routesOf(services, peering, `${ONE}/{network}/virtualNetworkPeerings/{name}`),
  ];
}
