/** Microsoft.Network: what a build machine is put into. */
import { describeTypes } from '../../api-versions/index.ts';
import type { Provider, Route, Services } from '../../core.ts';
import { applicationGroupRoutes } from './application-groups.ts';
import { interfaceViewRoutes } from './interface-views.ts';
import { natGatewayRoutes } from './nat-gateways.ts';
import { networkInterfaceRoutes } from './network-interfaces.ts';
import { publicIpAddressRoutes } from './public-ip-addresses.ts';
import { publicIpPrefixRoutes } from './public-ip-prefixes.ts';
import { registerNetworkOperations } from './resource-kinds.ts';
import { routeTableRoutes } from './route-tables.ts';
import { securityGroupRoutes } from './security-groups.ts';
import { usageRoutes } from './usages.ts';
import { virtualNetworkRoutes } from './virtual-networks.ts';
import { inItsWords } from './words.ts';

export function createNetworkProvider(services: Services): Provider {
  registerNetworkOperations(services);
  const routes: Route[] = [
    virtualNetworkRoutes,
    securityGroupRoutes,
    applicationGroupRoutes,
    routeTableRoutes,
    natGatewayRoutes,
    publicIpAddressRoutes,
    publicIpPrefixRoutes,
    networkInterfaceRoutes,
    interfaceViewRoutes,
    usageRoutes,
  ].flatMap((routesOfKind) => routesOfKind(services));
  return {
    namespace: 'Microsoft.Network',
    resourceTypes: describeTypes('Microsoft.Network'),
    routes: routes.map(inItsWords),
  };
}
