/** Subnets: resources of their own, which lie in a virtual network and are shown in its body. */
import { ArmError, type JsonObject, type Services, type StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { parentId, propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { contains, overlap, parseRange } from './ip-ranges.ts';
import { requireReference, usersOf } from './references.ts';
import type { Kind, View } from './resource-kinds.ts';

/** What a subnet may refer to. */
const REFERENCES = ['networkSecurityGroup', 'routeTable', 'natGateway'];

export interface SubnetKind extends Kind {
  show(subnet: StoredResource, view: View): JsonObject;
  /** The properties to keep of a subnet with this id. Throws ArmError for what is wrong with those sent. */
  keep(sent: JsonObject, id: string, space: string[]): JsonObject;
  refuseDeletion(subnet: StoredResource): void;
}

/** The ranges of a virtual network. */
export const spaceOf = (network: JsonObject): string[] =>
  ((network['addressSpace'] as JsonObject | undefined)?.['addressPrefixes'] ?? []) as string[];

export const prefixesOf = (subnet: JsonObject): string[] =>
  (subnet['addressPrefixes'] ?? (subnet['addressPrefix'] === undefined ? [] : [subnet['addressPrefix']])) as string[];

export function subnetKind({ store }: Services): SubnetKind {
  function keep(sent: JsonObject, id: string, space: string[]): JsonObject {
    for (const key of REFERENCES) requireReference(store, sent[key], id);
    const prefixes = prefixesOf(sent);
    const ranges = prefixes.map(parseRange);
    if (ranges.length === 0) {
      throw new ArmError(
        400,
        'InvalidRequestFormat',
        `Subnet ${id} has no addressPrefix: expected a CIDR range such as 10.0.0.0/24.`,
      );
    }
    const name = id.slice(id.lastIndexOf('/') + 1);
    if (!ranges.every((range) => space.some((outer) => contains(parseRange(outer), range)))) {
      throw new ArmError(
        400,
        'NetcfgSubnetRangeOutsideVnet',
        `Subnet '${name}' is not valid because its IP address range is outside the IP address range of the virtual network: ${prefixes.join(', ')} is not within ${space.join(', ')}.`,
      );
    }
    const policies = sent['privateEndpointNetworkPolicies'];
    return {
      delegations: [],
      privateLinkServiceNetworkPolicies: 'Enabled',
      ...sent,
      ...(typeof policies === 'string' ? { privateEndpointNetworkPolicies: capitalized(policies) } : {}),
    };
  }

  function refuseOverlap(properties: JsonObject, id: string): void {
    const others = store.list({ type: RESOURCE_TYPES.subnet, under: parentId(id) });
    for (const other of others.filter((one) => one.id.toLowerCase() !== id.toLowerCase())) {
      const taken = prefixesOf(propertiesOf(other.body));
      if (!taken.some((theirs) => prefixesOf(properties).some((ours) => overlap(parseRange(theirs), parseRange(ours)))))
        continue;
      throw new ArmError(
        400,
        'NetcfgSubnetRangesOverlap',
        `Subnet '${id.slice(id.lastIndexOf('/') + 1)}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${textOf(store.get(parentId(id))?.body['name'])}'.`,
      );
    }
  }

  return {
    type: RESOURCE_TYPES.subnet,
    retryAfter: 3,
    keep,
    build(request, _existing, id) {
      const parent = requireResource(store, parentId(id));
      const properties = keep(propertiesOf(request.body), id, spaceOf(propertiesOf(parent.body)));
      refuseOverlap(properties, id);
      return properties;
    },
    show(subnet, { apiVersion, written }) {
      // As recorded: who reads a subnet finds what is in it named in capitals, who has changed it does not.
      const users = usersOf(store, 'subnet', subnet.id).map(({ id }) => ({
        id: written ? textOf(id) : inCapitals(textOf(id)),
      }));
      const policies = { privateEndpointNetworkPolicies: apiVersion < '2020-11-01' ? 'Enabled' : 'Disabled' };
      return {
        ...subnet.body,
        properties: {
          ...policies,
          ...propertiesOf(subnet.body),
          delegations: delegationsOf(subnet),
          ...(users.length === 0 ? {} : { ipConfigurations: users }),
        },
      };
    },
    refuseDeletion(subnet) {
      const [user] = usersOf(store, 'subnet', subnet.id);
      if (user !== undefined) {
        throw new ArmError(
          400,
          'InUseSubnetCannotBeDeleted',
          `Subnet ${textOf(subnet.body['name'])} is in use by ${textOf(user['id'])} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
        );
      }
    },
  };
}

const capitalized = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

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
