/** The rules that every network security group has. */
import type { JsonObject, StoredResource } from '../../core.ts';
import { propertiesOf } from './bodies.ts';

/** name, access, priority, direction, source, destination, description. */
const DEFAULTS: Array<[string, string, number, string, string, string, string]> = [
  [
    'AllowVnetInBound',
    'Allow',
    65000,
    'Inbound',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow inbound traffic from all VMs in VNET',
  ],
  [
    'AllowAzureLoadBalancerInBound',
    'Allow',
    65001,
    'Inbound',
    'AzureLoadBalancer',
    '*',
    'Allow inbound traffic from azure load balancer',
  ],
  ['DenyAllInBound', 'Deny', 65500, 'Inbound', '*', '*', 'Deny all inbound traffic'],
  [
    'AllowVnetOutBound',
    'Allow',
    65000,
    'Outbound',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow outbound traffic from all VMs to all VMs in VNET',
  ],
  [
    'AllowInternetOutBound',
    'Allow',
    65001,
    'Outbound',
    '*',
    'Internet',
    'Allow outbound traffic from all VMs to Internet',
  ],
  ['DenyAllOutBound', 'Deny', 65500, 'Outbound', '*', '*', 'Deny all outbound traffic'],
];
/** A rule has its ports and prefixes one by one or as lists; the lists are always shown. */
export const LISTS = {
  sourcePortRanges: [],
  destinationPortRanges: [],
  sourceAddressPrefixes: [],
  destinationAddressPrefixes: [],
};

export function defaultRules(group: StoredResource): JsonObject[] {
  return DEFAULTS.map((rule) => defaultRule(group, rule));
}

function defaultRule(
  group: StoredResource,
  [name, access, priority, direction, source, destination, description]: (typeof DEFAULTS)[number],
): JsonObject {
  return {
    name,
    id: `${group.id}/defaultSecurityRules/${name}`,
    etag: group.body['etag'] ?? '',
    type: `${group.type}/defaultSecurityRules`,
    properties: {
      ...LISTS,
      provisioningState: propertiesOf(group.body)['provisioningState'] ?? 'Succeeded',
      description,
      protocol: '*',
      sourcePortRange: '*',
      destinationPortRange: '*',
      sourceAddressPrefix: source,
      destinationAddressPrefix: destination,
      access,
      priority,
      direction,
    },
  };
}
