/**
 * Public IP addresses: addresses of this host alone, out of its loopback network, so that a machine can be reached at its
 * own and nothing outside is ever meant. Every local Azure has a range of its own.
 */
import { createHash } from 'node:crypto';
import {
  ArmError,
  type Json,
  type JsonObject,
  type ResourceStore,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { sameId } from '../../resource-id.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { freeIn, type IpRange, parseRange } from './ip-ranges.ts';
import { idOf, usersOf } from './references.ts';
import { routesOf, type Kind } from './resource-kinds.ts';

/** 127.0.0.0/16 is what hosts use themselves; the upper half is left to them as well. */
function rangeOf(stateDir: string): IpRange {
  const [byte = 0] = createHash('sha256').update(stateDir).digest();
  return parseRange(`127.${16 + (byte % 112)}.0.0/16`);
}

const PROTECTION = { ddosSettings: { protectionMode: 'VirtualNetworkInherited' } };

export function publicIpAddressRoutes(services: Services): Route[] {
  const { store } = services;
  const range = rangeOf(services.stateDir);
  const kind: Kind = {
    type: RESOURCE_TYPES.publicIp,
    retryAfter: 1,
    neverAtOnce: true,
    build(request, existing, id) {
      const sent = propertiesOf(request.body);
      const standard = (request.body?.['sku'] as JsonObject | undefined)?.['name'] === 'Standard';
      const method = sent['publicIPAllocationMethod'] ?? (standard ? 'Static' : 'Dynamic');
      if (standard && method !== 'Static') {
        throw new ArmError(
          400,
          'InvalidRequestFormat',
          'Standard sku publicIp must have AllocationMethod set to Static.',
        );
      }
      refuseTakenName(store, sent['dnsSettings'], textOf(request.body?.['location']), id);
      const taken = new Set(
        store.list({ type: RESOURCE_TYPES.publicIp }).map(({ body }) => textOf(propertiesOf(body)['ipAddress'])),
      );
      const [free] = freeIn(range, taken, 1);
      if (free === undefined) {
        throw new ArmError(400, 'PublicIPCountLimitReached', 'No public IP address is left to give.');
      }
      return {
        publicIPAddressVersion: 'IPv4',
        idleTimeoutInMinutes: 4,
        ipTags: [],
        // Recorded: who sends no properties at all is told of no protection.
        ...(request.body?.['properties'] === undefined ? {} : PROTECTION),
        ...sent,
        publicIPAllocationMethod: method,
        ipAddress: propertiesOf(existing?.body)['ipAddress'] ?? free,
      };
    },
    show(resource, { apiVersion }) {
      const [user] = usersOf(store, 'publicIPAddress', resource.id);
      const { ipAddress, dnsSettings, ddosSettings, ...properties } = propertiesOf(resource.body);
      // A dynamic address is there while something has it, a static one once it is made.
      const dynamic = properties['publicIPAllocationMethod'] === 'Dynamic';
      const shown = dynamic ? user !== undefined : resource.hidden['made'] === true;
      const gateway = gatewayOf(store, resource);
      const { tier = 'Regional', ...sku } = (resource.body['sku'] ?? {}) as JsonObject;
      return {
        ...resource.body,
        sku: { name: 'Basic', ...sku, ...(apiVersion < '2020-07-01' ? {} : { tier }) },
        properties: {
          ...properties,
          ...(apiVersion < '2022-05-01' || ddosSettings === undefined ? {} : { ddosSettings }),
          ...(dnsSettings === undefined ? {} : { dnsSettings: withFqdn(dnsSettings, resource) }),
          ...(shown && ipAddress !== undefined ? { ipAddress } : {}),
          ...(user === undefined ? {} : { ipConfiguration: { id: user['id'] ?? '' } }),
          ...(gateway === undefined ? {} : { natGateway: { id: gateway.id } }),
        },
      };
    },
    refuseDeletion(resource) {
      const [user = gatewayOf(store, resource)] = usersOf(store, 'publicIPAddress', resource.id);
      if (user !== undefined) {
        throw new ArmError(
          400,
          'PublicIPAddressCannotBeDeleted',
          `Public IP address ${resource.id} can not be deleted since it is still allocated to resource ${textOf(user['id'])}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
        );
      }
    },
  };
  return routesOf(
    services,
    kind,
    `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.publicIp}/{name}`,
  );
}

/** The NAT gateway that goes out by the address. */
function gatewayOf(store: ResourceStore, address: StoredResource): StoredResource | undefined {
  return store.list({ type: RESOURCE_TYPES.natGateway }).find(({ body }) => {
    const given = (propertiesOf(body)['publicIpAddresses'] ?? []) as JsonObject[];
    return given.some((reference) => sameId(idOf(reference) ?? '', address.id));
  });
}

const labelOf = (settings: Json | undefined): string =>
  textOf((settings as JsonObject | undefined)?.['domainNameLabel']);

const fqdnOf = (label: string, location: string): string => `${label.toLowerCase()}.${location}.cloudapp.azure.com`;

function withFqdn(settings: Json, { body }: StoredResource): JsonObject {
  const label = labelOf(settings);
  return { ...(settings as JsonObject), ...(label === '' ? {} : { fqdn: fqdnOf(label, textOf(body['location'])) }) };
}

/** A region has each name once. */
function refuseTakenName(store: ResourceStore, settings: Json | undefined, location: string, id: string): void {
  const label = labelOf(settings).toLowerCase();
  if (label === '') return;
  const region = location.replaceAll(' ', '').toLowerCase();
  const other = store.list({ type: RESOURCE_TYPES.publicIp }).find(({ id: theirs, body }) => {
    const same = labelOf(propertiesOf(body)['dnsSettings']).toLowerCase() === label;
    return same && textOf(body['location']) === region && !sameId(theirs, id);
  });
  if (other !== undefined) {
    throw new ArmError(
      400,
      'DnsRecordInUse',
      `DNS record ${fqdnOf(label, region)} is already used by another public IP.`,
    );
  }
}
