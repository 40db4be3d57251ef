/**
 * Public IP addresses: addresses of this host alone, out of its loopback network, so that a machine can be reached at its
 * own and nothing outside is ever meant. Every local Azure has a range of its own.
 */
import { createHash } from 'node:crypto';
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { firstFree, type IpRange, parseRange } from './ip-ranges.ts';
import { usersOf } from './references.ts';
import { propertiesOf, RESOURCE_TYPES, routesOf, type Kind } from './resource-kinds.ts';

/** 127.0.0.0/16 is what hosts use themselves; the upper half is left to them as well. */
function rangeOf(stateDir: string): IpRange {
  const [byte = 0] = createHash('sha256').update(stateDir).digest();
  return parseRange(`127.${16 + (byte % 112)}.0.0/16`);
}

export function publicIpAddressRoutes(services: Services): Route[] {
  const { store } = services;
  const range = rangeOf(services.stateDir);
  const kind: Kind = {
    type: RESOURCE_TYPES.publicIp,
    retryAfter: 1,
    build(request, existing) {
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
      const taken = new Set(
        store.list({ type: RESOURCE_TYPES.publicIp }).map(({ body }) => textOf(propertiesOf(body)['ipAddress'])),
      );
      const free = firstFree(range, taken);
      if (free === undefined) {
        throw new ArmError(400, 'PublicIPCountLimitReached', 'No public IP address is left to give.');
      }
      return {
        publicIPAddressVersion: 'IPv4',
        idleTimeoutInMinutes: 4,
        ipTags: [],
        ...sent,
        publicIPAllocationMethod: method,
        ipAddress: propertiesOf(existing?.body)['ipAddress'] ?? free,
      };
    },
    show(resource) {
      const [user] = usersOf(store, 'publicIPAddress', resource.id);
      const { ipAddress, ...properties } = propertiesOf(resource.body);
      // A dynamic address is there while something has it, a static one once it is made.
      const dynamic = properties['publicIPAllocationMethod'] === 'Dynamic';
      const shown = dynamic ? user !== undefined : resource.hidden['made'] === true;
      const ipConfiguration = user === undefined ? {} : { ipConfiguration: { id: user['id'] ?? '' } };
      return {
        ...resource.body,
        sku: { name: 'Basic', tier: 'Regional', ...(resource.body['sku'] as JsonObject | undefined) },
        properties: {
          ...properties,
          ...(shown && ipAddress !== undefined ? { ipAddress } : {}),
          ...ipConfiguration,
        },
      };
    },
    refuseDeletion(resource) {
      const [user] = usersOf(store, 'publicIPAddress', resource.id);
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
