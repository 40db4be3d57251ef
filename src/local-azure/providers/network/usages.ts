/** What a region or a virtual network has in use, and which names and addresses are still to be had. */
import type { JsonObject, ResourceStore, Route, Services, StoredResource } from '../../core.ts';
import { textOf } from '../../json.ts';
import { requireResource } from '../../refusals.ts';
import { parentId, propertiesOf, RESOURCE_TYPES } from './bodies.ts';
import { freeIn, includes, parseRange, usable } from './ip-ranges.ts';
import { usersOf } from './references.ts';
import { prefixesOf } from './subnets.ts';

/** name, as people read it, limit, type that is counted. */
const COUNTED: Array<[string, string, number, string?]> = [
  ['VirtualNetworks', 'Virtual Networks', 1000, RESOURCE_TYPES.network],
  ['StaticPublicIPAddresses', 'Static Public IP Addresses', 1000],
  ['NetworkSecurityGroups', 'Network Security Groups', 5000, RESOURCE_TYPES.securityGroup],
  ['PublicIPAddresses', 'Public IP Addresses', 1000, RESOURCE_TYPES.publicIp],
  ['PublicIpPrefixes', 'Public Ip Prefixes', 2147483647, RESOURCE_TYPES.publicIpPrefix],
  ['NatGateways', 'Nat Gateways', 2147483647, RESOURCE_TYPES.natGateway],
  ['NetworkInterfaces', 'Network Interfaces', 65536, RESOURCE_TYPES.nic],
  ['RouteTables', 'Route Tables', 200, RESOURCE_TYPES.routeTable],
  ['ApplicationSecurityGroups', 'Application Security Groups.', 3000, RESOURCE_TYPES.applicationGroup],
  ['DnsServersPerVirtualNetwork', 'DNS servers per Virtual Network', 20],
  ['SubnetsPerVirtualNetwork', 'Subnets per Virtual Network', 3000],
  ['IPConfigurationsPerVirtualNetwork', 'IP Configurations per Virtual Network', 65536],
  ['PeeringsPerVirtualNetwork', 'Peerings per Virtual Network', 500],
  ['SecurityRulesPerNetworkSecurityGroup', 'Security rules per Network Security Group', 1000],
  ['RoutesPerRouteTable', 'Routes per Route Table', 400],
  ['SecondaryIPConfigurationsPerNetworkInterface', 'Secondary IP Configurations per Network Interface', 256],
];
/** How many addresses are proposed in place of one that is taken. */
const PROPOSED = 5;

const LOCATION = '/subscriptions/{subscriptionId}/providers/Microsoft.Network/locations/{location}';
const NETWORK = `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}/providers/${RESOURCE_TYPES.network}/{name}`;

const usage = (id: string, name: [string, string], currentValue: number, limit: number): JsonObject => ({
  currentValue,
  id,
  limit,
  name: { localizedValue: name[1], value: name[0] },
  unit: 'Count',
});

export function usageRoutes({ store }: Services): Route[] {
  const networkOf = (id: string) => requireResource(store, id.slice(0, id.lastIndexOf('/')));
  return [
    {
      method: 'GET',
      path: `${LOCATION}/usages`,
      handle({ id, params }) {
        const here = ({ body }: StoredResource) => textOf(body['location']) === params['location']?.toLowerCase();
        const value = COUNTED.map(([name, shown, limit, type]) => {
          const count = type === undefined ? 0 : store.list({ type }).filter(here).length;
          return usage(`${id}/${name}`, [name, shown], count, limit);
        });
        return { status: 200, body: { value } };
      },
    },
    {
      method: 'GET',
      path: `${LOCATION}/CheckDnsNameAvailability`,
      handle({ query, params }) {
        const label = query.get('domainNameLabel')?.toLowerCase();
        const taken = store
          .list({ type: RESOURCE_TYPES.publicIp })
          .filter(({ body }) => textOf(body['location']) === params['location']?.toLowerCase())
          .map(({ body }) => propertiesOf(body)['dnsSettings'] as JsonObject | undefined);
        const free = !taken.some((settings) => textOf(settings?.['domainNameLabel']).toLowerCase() === label);
        return { status: 200, body: { available: free } };
      },
    },
    {
      method: 'GET',
      path: `${NETWORK}/usages`,
      handle({ id }) {
        const subnets = store.list({ type: RESOURCE_TYPES.subnet, under: networkOf(id).id });
        const value = subnets.map((subnet) => {
          const room = ipv4RangesOf(subnet).reduce((sum, range) => sum + usable(range), 0);
          const used = usersOf(store, 'subnet', subnet.id).length;
          return usage(subnet.id, ['SubnetSpace', 'Subnet size and usage'], used, room);
        });
        return { status: 200, body: { value } };
      },
    },
    {
      method: 'GET',
      path: `${NETWORK}/CheckIPAddressAvailability`,
      handle: ({ id, query }) => ({
        status: 200,
        body: availabilityOf(store, networkOf(id), query.get('ipAddress') ?? ''),
      }),
    },
    // What other services keep in a subnet: none that is played here.
    ...['ServiceAssociationLinks', 'ResourceNavigationLinks'].map((links): Route => ({
      method: 'GET',
      path: `${NETWORK}/subnets/{subnet}/${links}`,
      handle({ id }) {
        requireResource(store, id.slice(0, id.lastIndexOf('/')));
        return { status: 200, body: { value: [] } };
      },
    })),
  ];
}

const ipv4RangesOf = ({ body }: StoredResource) =>
  prefixesOf(propertiesOf(body))
    .map(parseRange)
    .filter(({ version }) => version === 'IPv4');

function availabilityOf(store: ResourceStore, network: StoredResource, address: string): JsonObject {
  const subnets = store.list({ type: RESOURCE_TYPES.subnet, under: network.id });
  const ranges = subnets.flatMap(ipv4RangesOf);
  const range = ranges.find((one) => includes(one, address));
  // In no subnet nobody can have it yet.
  if (range === undefined) return { available: false, availableIPAddresses: [], isPlatformReserved: false };
  const users = subnets.flatMap((subnet) => usersOf(store, 'subnet', subnet.id));
  const addressOf = (user: JsonObject) => textOf(propertiesOf(user)['privateIPAddress']);
  const user = users.find((one) => addressOf(one) === address);
  const reserved = !isGiven(range, address);
  if (user === undefined && !reserved) return { available: true, isPlatformReserved: false };
  return {
    available: false,
    availableIPAddresses: freeIn(range, new Set(users.map(addressOf)), PROPOSED),
    isPlatformReserved: reserved,
    ...(user === undefined ? {} : { inUseWithResource: parentId(textOf(user['id'])) }),
  };
}

/** Azure keeps some of each range for itself. */
function isGiven({ version, first, last }: ReturnType<typeof parseRange>, address: string): boolean {
  return includes({ version, first: first + 4n, last: last - 1n }, address);
}
