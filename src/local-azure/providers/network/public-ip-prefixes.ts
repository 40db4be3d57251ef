/** Ranges of public addresses that are reserved together. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { textOf } from '../../json.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { routesOf, type Kind } from './resource-kinds.ts';

/** Addresses kept for examples, which nobody has: RFC 2544. */
const FIRST = '198.18';
const LONGEST = 31;
const SHORTEST = 21;

export function publicIpPrefixRoutes(services: Services): Route[] {
  const { store } = services;
  const kind: Kind = {
    type: RESOURCE_TYPES.publicIpPrefix,
    retryAfter: 3,
    build(request, existing) {
      const sent = propertiesOf(request.body);
      const held = propertiesOf(existing?.body);
      const length = Number(sent['prefixLength'] ?? held['prefixLength']);
      if (!Number.isInteger(length) || length < SHORTEST || length > LONGEST) {
        throw new ArmError(
          400,
          'InvalidPrefixLengthForPublicIPPrefixResource',
          `Prefix length ${textOf(sent['prefixLength'])} must be between ${SHORTEST} and ${LONGEST}.`,
        );
      }
      const number = store.list({ type: RESOURCE_TYPES.publicIpPrefix }).length;
      return {
        publicIPAddressVersion: 'IPv4',
        ipTags: [],
        ...sent,
        prefixLength: length,
        ipPrefix: held['ipPrefix'] ?? `${FIRST}.${(number * 8) % 256}.0/${length}`,
      };
    },
    show(resource) {
      const { ipPrefix, ...properties } = propertiesOf(resource.body);
      const made = resource.hidden['made'] === true;
      return {
        ...resource.body,
        sku: { name: 'Standard', tier: 'Regional', ...(resource.body['sku'] as JsonObject | undefined) },
        properties: { ...properties, ...(made && ipPrefix !== undefined ? { ipPrefix } : {}) },
      };
    },
  };
  return routesOf(
    services,
    kind,
    `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.publicIpPrefix}/{name}`,
  );
}
