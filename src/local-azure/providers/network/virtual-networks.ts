/** Virtual networks and their subnets. Subnets are resources of their own; a network's body shows them. */
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
import { requireResource } from '../../refusals.ts';
import { requireReference, usersOf } from './references.ts';
import { propertiesOf, RESOURCE_TYPES, routesOf, stateOf, type Kind } from './resource-kinds.ts';
import { contains, parseRange } from './ip-ranges.ts';

const ONE = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.network}`;

export function virtualNetworkRoutes(services: Services): Route[] {
  const { store } = services;

  function showSubnet(subnet: StoredResource, apiVersion: string): JsonObject {
    // As recorded: a subnet names what is in it in capitals.
    const users = usersOf(store, 'subnet', subnet.id).map(({ id }) => ({ id: inCapitals(textOf(id)) }));
    const policies = { privateEndpointNetworkPolicies: apiVersion < '2020-11-01' ? 'Enabled' : 'Disabled' };
    const properties = {
      ...policies,
      ...propertiesOf(subnet.body),
      delegations: delegationsOf(subnet),
      ...(users.length === 0 ? {} : { ipConfigurations: users }),
    };
    return { ...subnet.body, properties };
  }

  function subnetProperties(sent: JsonObject, id: string, space: string[]): JsonObject {
    requireReference(store, sent['networkSecurityGroup'], id);
    const prefixes = (sent['addressPrefixes'] ??
      (sent['addressPrefix'] === undefined ? [] : [sent['addressPrefix']])) as string[];
    const ranges = prefixes.map(parseRange);
    if (ranges.length === 0) {
      throw new ArmError(
        400,
        'InvalidRequestFormat',
        `Subnet ${id} has no addressPrefix: expected a CIDR range such as 10.0.0.0/24.`,
      );
    }
    if (!ranges.every((range) => space.some((outer) => contains(parseRange(outer), range)))) {
      throw new ArmError(
        400,
        'NetcfgSubnetRangeOutsideVnet',
        `Subnet '${id.slice(id.lastIndexOf('/') + 1)}' is not valid because its IP address range is outside the IP address range of the virtual network: ${prefixes.join(', ')} is not within ${space.join(', ')}.`,
      );
    }
    return {
      delegations: [],
      privateLinkServiceNetworkPolicies: 'Enabled',
      ...sent,
    };
  }

  const spaceOf = (properties: JsonObject) =>
    ((properties['addressSpace'] as JsonObject | undefined)?.['addressPrefixes'] ?? []) as string[];

  const network: Kind = {
    type: RESOURCE_TYPES.network,
    retryAfter: 3,
    build(request) {
      const { subnets: _, ...sent } = propertiesOf(request.body);
      if (spaceOf(sent).length === 0) {
        throw new ArmError(
          400,
          'InvalidRequestFormat',
          'properties.addressSpace.addressPrefixes: expected at least one CIDR range such as 10.0.0.0/16.',
        );
      }
      spaceOf(sent).forEach(parseRange);
      return { virtualNetworkPeerings: [], enableDdosProtection: false, ...sent };
    },
    stored(request, resource) {
      putInlineSubnets(request, resource);
    },
    updatesAtOnce: true,
    show(resource, apiVersion) {
      const held = store.list({ type: RESOURCE_TYPES.subnet, under: resource.id });
      const subnets = held.map((subnet) => showSubnet(subnet, apiVersion));
      // Azure had it for a while.
      const protection = apiVersion >= '2020-06-01' && apiVersion < '2020-11-01' ? { enableVmProtection: false } : {};
      return { ...resource.body, properties: { ...protection, ...propertiesOf(resource.body), subnets } };
    },
    refuseDeletion(resource) {
      for (const subnet of store.list({ type: RESOURCE_TYPES.subnet, under: resource.id })) {
        refuseSubnetDeletion(subnet);
      }
    },
  };

  /** A network's `subnets`, where it is sent, is the whole set; where it is left out, they stay as they are. */
  function putInlineSubnets(request: ArmRequest, resource: StoredResource) {
    const sent = propertiesOf(request.body)['subnets'] as JsonObject[] | undefined | null;
    if (sent === undefined || sent === null) {
      return;
    }
    const ids = sent.map((subnet) => `${resource.id}/subnets/${textOf(subnet['name'])}`);
    for (const held of store.list({ type: RESOURCE_TYPES.subnet, under: resource.id })) {
      if (!ids.some((id) => id.toLowerCase() === held.id.toLowerCase())) {
        refuseSubnetDeletion(held);
        store.delete(held.id);
      }
    }
    sent.forEach((subnet, index) => {
      const id = store.get(ids[index] ?? '')?.id ?? ids[index] ?? '';
      const properties = subnetProperties(propertiesOf(subnet), id, spaceOf(propertiesOf(resource.body)));
      const body = {
        name: subnet['name'] ?? '',
        id,
        type: RESOURCE_TYPES.subnet,
        etag: `W/"${randomUUID()}"`,
        properties,
      };
      const state = textOf(propertiesOf(resource.body)['provisioningState']);
      store.put({ id, type: RESOURCE_TYPES.subnet, body: stateOf(body, state), hidden: {} });
    });
  }

  function refuseSubnetDeletion(subnet: StoredResource) {
    const [user] = usersOf(store, 'subnet', subnet.id);
    if (user !== undefined) {
      throw new ArmError(
        400,
        'InUseSubnetCannotBeDeleted',
        `Subnet ${textOf(subnet.body['name'])} is in use by ${textOf(user['id'])} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
      );
    }
  }

  const subnet: Kind = {
    type: RESOURCE_TYPES.subnet,
    retryAfter: 3,
    build(request, _existing, id) {
      const parent = requireResource(store, id.replace(/\/subnets\/[^/]+$/i, ''));
      return subnetProperties(propertiesOf(request.body), id, spaceOf(propertiesOf(parent.body)));
    },
    show: showSubnet,
    refuseDeletion: refuseSubnetDeletion,
  };

  return [
    ...routesOf(services, network, `${ONE}/{name}`),
    ...routesOf(services, subnet, `${ONE}/{network}/subnets/{name}`),
  ];
}

/** `…/resourceGroups/GROUP/providers/Microsoft.Network/networkInterfaces/NIC/ipConfigurations/NAME` */
function inCapitals(id: string): string {
  const segments = id.split('/');
  return segments
    .map((segment, index) => (index > 2 && index % 2 === 0 && index !== 6 ? segment.toUpperCase() : segment))
    .join('/');
}

/** What a service may do in a subnet that was given over to it. */
const ACTIONS: Record<string, string[]> = {
  'microsoft.dbforpostgresql/serversv2': ['Microsoft.Network/virtualNetworks/subnets/join/action'],
  'microsoft.containerinstance/containergroups': ['Microsoft.Network/virtualNetworks/subnets/action'],
};

function delegationsOf({ id, body }: StoredResource): JsonObject[] {
  const sent = (propertiesOf(body)['delegations'] ?? []) as JsonObject[];
  return sent.map((delegation) => {
    const service = textOf(propertiesOf(delegation)['serviceName']);
    return {
      name: delegation['name'] ?? '',
      id: `${id}/delegations/${textOf(delegation['name'])}`,
      etag: body['etag'] ?? '',
      type: `${RESOURCE_TYPES.subnet}/delegations`,
      properties: {
        provisioningState: 'Succeeded',
        ...propertiesOf(delegation),
        actions: ACTIONS[service.toLowerCase()] ?? ['Microsoft.Network/virtualNetworks/subnets/join/action'],
      },
    };
  });
}
