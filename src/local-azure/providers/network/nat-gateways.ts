/** NAT gateways: addresses by which a subnet's machines reach out. Machines here reach out by their host's all the same. */
import { ArmError, type JsonObject, type Route, type Services } from '../../core.ts';
import { propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { referencesTo, requireReference } from './references.ts';
import { type Kind, routesOf } from './resource-kinds.ts';

const TYPE = RESOURCE_TYPES.natGateway;
/** What it may go out by. */
const ADDRESSES = ['publicIpAddresses', 'publicIpPrefixes', 'publicIpAddressesV6', 'publicIpPrefixesV6'];

export function natGatewayRoutes(services: Services): Route[] {
  const { store } = services;
  const kind: Kind = {
    type: TYPE,
    retryAfter: 10,
    build(request, _existing, id) {
      const sent = propertiesOf(request.body);
      const given = ADDRESSES.flatMap((key) => (sent[key] ?? []) as JsonObject[]);
      for (const address of given) requireReference(store, address, id);
      return { idleTimeoutInMinutes: 4, ...sent };
    },
    show(gateway, { apiVersion }) {
      const subnets = referencesTo(store, RESOURCE_TYPES.subnet, 'natGateway', gateway.id).map(({ id }) => ({ id }));
      return {
        ...gateway.body,
        sku: { name: 'Standard', tier: 'Regional', ...(gateway.body['sku'] as JsonObject | undefined) },
        properties: {
          ...(apiVersion < '2024-03-01' ? {} : { type: 'Public' }),
          ...propertiesOf(gateway.body),
          ...(subnets.length === 0 ? {} : { subnets }),
        },
      };
    },
    refuseDeletion(gateway) {
      const users = referencesTo(store, RESOURCE_TYPES.subnet, 'natGateway', gateway.id);
      if (users.length > 0) {
        throw new ArmError(
          400,
          'CannotDeleteNatGatewayAssociatedToSubnet',
          `NAT Gateway ${gateway.id} is still configured on ${users.length} subnets. Remove NAT Gateway from all referenced subnets and then delete NAT Gateway.`,
        );
      }
    },
  };
  const one = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${TYPE}/{name}`;
  return routesOf(services, kind, one);
}
