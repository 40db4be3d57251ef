/** Microsoft.Network: what a build machine is put into. */
import type { Provider, Services } from '../../core.ts';
import { networkInterfaceRoutes } from './network-interfaces.ts';
import { publicIpAddressRoutes } from './public-ip-addresses.ts';
import { publicIpPrefixRoutes } from './public-ip-prefixes.ts';
import { registerNetworkOperations } from './resource-kinds.ts';
import { securityGroupRoutes } from './security-groups.ts';
import { virtualNetworkRoutes } from './virtual-networks.ts';

const VERSIONS = ['2025-03-01', '2024-05-01', '2023-09-01', '2022-07-01', '2020-11-01'];

export function createNetworkProvider(services: Services): Provider {
  registerNetworkOperations(services);
  return {
    namespace: 'Microsoft.Network',
    resourceTypes: [
      'virtualNetworks',
      'virtualNetworks/subnets',
      'networkSecurityGroups',
      'networkSecurityGroups/securityRules',
      'publicIPAddresses',
      'publicIPPrefixes',
      'networkInterfaces',
    ].map((resourceType) => ({ resourceType, apiVersions: VERSIONS })),
    routes: [
      ...virtualNetworkRoutes(services),
      ...securityGroupRoutes(services),
      ...publicIpAddressRoutes(services),
      ...publicIpPrefixRoutes(services),
      ...networkInterfaceRoutes(services),
    ],
  };
}
