/** Public IP addresses, out of the range that is kept for documentation (RFC 5737): they lead nowhere. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { firstFree, parseRange } from './ip-ranges.ts';
import { usersOf } from './references.ts';
import { propertiesOf, RESOURCE_TYPES, routesOf, type Kind } from './resource-kinds.ts';

const RANGES = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24', '198.18.0.0/15'].map(parseRange);

export function publicIpAddressRoutes(services: Services): Route[] {
  const { store } = services;
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
      const free = RANGES.map((range) => firstFree(range, taken)).find((address) => address !== undefined);
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
