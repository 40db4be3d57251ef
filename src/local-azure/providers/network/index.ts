/** Microsoft.Network: what a build machine is put into. */
import { describeTypes } from '../../api-versions/index.ts';
import type { Provider, Services } from '../../core.ts';
import { networkInterfaceRoutes } from './network-interfaces.ts';
import { publicIpAddressRoutes } from './public-ip-addresses.ts';
import { publicIpPrefixRoutes } from './public-ip-prefixes.ts';
import { registerNetworkOperations } from './resource-kinds.ts';
import { securityGroupRoutes } from './security-groups.ts';
import { virtualNetworkRoutes } from './virtual-networks.ts';

export function createNetworkProvider(services: Services): Provider {
  registerNetworkOperations(services);
  return {
    namespace: 'Microsoft.Network',
    resourceTypes: describeTypes('Microsoft.Network'),
    routes: [
      ...virtualNetworkRoutes(services),
      ...securityGroupRoutes(services),
      ...publicIpAddressRoutes(services),
      ...publicIpPrefixRoutes(services),
      ...networkInterfaceRoutes(services),
    ],
  };
}
