/** Bodies of networks, security groups, addresses and interfaces. */
import { resource } from './envelope.ts';
import { answered, any, choice, flag, list, map, object, reference, text, whole, type Shape } from './shape.ts';

/** What lies in another resource's body: a name, properties, and what clients put back. */
const part = (properties: Shape): Shape =>
  object({ id: text, name: text, type: answered, etag: answered, zones: list(text), properties });
/** Another resource, which is referred to by its id: what else is said of it changes nothing. */
const linked = object({
  id: text,
  name: text,
  location: text,
  tags: map(text),
  zones: list(text),
  properties: any,
  sku: any,
  extendedLocation: any,
  kind: answered,
  type: answered,
  etag: answered,
});
const allocation = object({ pool: reference, numberOfIpAddresses: text, allocatedAddressPrefixes: answered });
const addressSpace = object({ addressPrefixes: list(text), ipamPoolPrefixAllocations: list(allocation) });
const MIGRATION = 'None Prepare Commit Abort Committed';

const subnetProperties = object({
  addressPrefix: text,
  addressPrefixes: list(text),
  networkSecurityGroup: linked,
  routeTable: linked,
  natGateway: reference,
  serviceEndpoints: list(
    object({ service: text, networkIdentifier: reference, locations: list(text), provisioningState: answered }),
  ),
  serviceEndpointPolicies: list(linked),
  ipAllocations: list(reference),
  delegations: list(
    object({
      id: text,
      name: text,
      type: text,
      etag: answered,
      properties: object({ serviceName: text, actions: answered, provisioningState: answered }),
    }),
  ),
  privateEndpointNetworkPolicies: choice('Enabled Disabled NetworkSecurityGroupEnabled RouteTableEnabled'),
  privateLinkServiceNetworkPolicies: choice('Enabled Disabled'),
  applicationGatewayIPConfigurations: list(linked),
  sharingScope: choice('Tenant DelegatedServices'),
  defaultOutboundAccess: flag,
  ipamPoolPrefixAllocations: list(allocation),
  serviceGateway: reference,
  provisioningState: answered,
  ipConfigurations: answered,
  ipConfigurationProfiles: answered,
  privateEndpoints: answered,
  purpose: answered,
  resourceNavigationLinks: answered,
  serviceAssociationLinks: answered,
});
export const subnet = resource(subnetProperties);

const bgpCommunities = object({ virtualNetworkCommunity: text, regionalCommunity: answered }, [
  'virtualNetworkCommunity',
]);
const peeringProperties = object({
  allowVirtualNetworkAccess: flag,
  allowForwardedTraffic: flag,
  allowGatewayTransit: flag,
  useRemoteGateways: flag,
  remoteVirtualNetwork: reference,
  localAddressSpace: addressSpace,
  localVirtualNetworkAddressSpace: addressSpace,
  remoteAddressSpace: addressSpace,
  remoteVirtualNetworkAddressSpace: addressSpace,
  remoteBgpCommunities: bgpCommunities,
  peeringState: choice('Initiated Connected Disconnected'),
  peeringSyncLevel: choice('FullyInSync RemoteNotInSync LocalNotInSync LocalAndRemoteNotInSync'),
  doNotVerifyRemoteGateways: flag,
  peerCompleteVnets: flag,
  enableOnlyIPv6Peering: flag,
  localSubnetNames: list(text),
  remoteSubnetNames: list(text),
  remoteVirtualNetworkEncryption: answered,
  provisioningState: answered,
  resourceGuid: answered,
  routeServiceVips: answered,
});
export const peering = resource(peeringProperties);

export const network = resource(
  object({
    addressSpace,
    dhcpOptions: object({ dnsServers: list(text) }),
    flowTimeoutInMinutes: whole(),
    subnets: list(part(subnetProperties)),
    virtualNetworkPeerings: list(part(peeringProperties)),
    enableDdosProtection: flag,
    enableVmProtection: flag,
    ddosProtectionPlan: reference,
    bgpCommunities,
    encryption: object({ enabled: flag, enforcement: choice('DropUnencrypted AllowUnencrypted') }, ['enabled']),
    ipAllocations: list(reference),
    privateEndpointVNetPolicies: choice('Disabled Basic'),
    summarizedGatewayPrefixes: addressSpace,
    provisioningState: answered,
    resourceGuid: answered,
    flowLogs: answered,
    defaultPublicNatGateway: answered,
  }),
);

const ruleProperties = object(
  {
    description: text,
    protocol: choice('Tcp Udp Icmp Esp * Ah'),
    sourcePortRange: text,
    sourcePortRanges: list(text),
    destinationPortRange: text,
    destinationPortRanges: list(text),
    sourceAddressPrefix: text,
    sourceAddressPrefixes: list(text),
    sourceApplicationSecurityGroups: list(linked),
    destinationAddressPrefix: text,
    destinationAddressPrefixes: list(text),
    destinationApplicationSecurityGroups: list(linked),
    access: choice('Allow Deny'),
    priority: whole(),
    direction: choice('Inbound Outbound'),
    provisioningState: answered,
  },
  ['protocol', 'access', 'priority', 'direction'],
);
export const securityRule = resource(ruleProperties);

export const securityGroup = resource(
  object({
    flushConnection: flag,
    securityRules: list(part(ruleProperties)),
    provisioningState: answered,
    resourceGuid: answered,
    defaultSecurityRules: answered,
    networkInterfaces: answered,
    subnets: answered,
    flowLogs: answered,
  }),
);

const ipTag = object({ ipTagType: text, tag: text, firstPartyServiceTagId: text });
const addressSku = object({ name: choice('Basic Standard StandardV2'), tier: choice('Regional Global') });

export const publicIp = resource(
  object({
    publicIPAllocationMethod: choice('Static Dynamic'),
    publicIPAddressVersion: choice('IPv4 IPv6'),
    dnsSettings: object({
      domainNameLabel: text,
      domainNameLabelScope: choice('TenantReuse SubscriptionReuse ResourceGroupReuse NoReuse'),
      fqdn: text,
      reverseFqdn: text,
    }),
    ddosSettings: object({
      protectionMode: choice('VirtualNetworkInherited Enabled Disabled'),
      ddosCustomPolicy: reference,
      ddosProtectionPlan: reference,
    }),
    ipTags: list(ipTag),
    ipAddress: text,
    publicIPPrefix: reference,
    idleTimeoutInMinutes: whole(),
    servicePublicIPAddress: linked,
    natGateway: linked,
    migrationPhase: choice(MIGRATION),
    linkedPublicIPAddress: linked,
    deleteOption: choice('Delete Detach'),
    upgradedToV2: answered,
    provisioningState: answered,
    resourceGuid: answered,
    ipConfiguration: answered,
  }),
  { sku: addressSku },
);

export const publicIpPrefix = resource(
  object({
    publicIPAddressVersion: choice('IPv4 IPv6'),
    ipTags: list(ipTag),
    prefixLength: whole(),
    customIPPrefix: reference,
    upgradedToV2: answered,
    natGateway: linked,
    provisioningState: answered,
    resourceGuid: answered,
    ipPrefix: answered,
    publicIPAddresses: answered,
    loadBalancerFrontendIpConfiguration: answered,
  }),
  { sku: addressSku },
);

export const networkInterface = resource(
  object({
    networkSecurityGroup: linked,
    ipConfigurations: list(
      part(
        object({
          gatewayLoadBalancer: reference,
          virtualNetworkTaps: list(linked),
          applicationGatewayBackendAddressPools: list(linked),
          loadBalancerBackendAddressPools: list(linked),
          loadBalancerInboundNatRules: list(linked),
          privateIPAddress: text,
          privateIPAddressPrefixLength: whole(1, 128),
          privateIPAllocationMethod: choice('Static Dynamic'),
          privateIPAddressVersion: choice('IPv4 IPv6'),
          subnet: linked,
          primary: flag,
          publicIPAddress: linked,
          applicationSecurityGroups: list(linked),
          provisioningState: answered,
          privateLinkConnectionProperties: answered,
        }),
      ),
    ),
    dnsSettings: object({
      dnsServers: list(text),
      internalDnsNameLabel: text,
      appliedDnsServers: answered,
      internalFqdn: answered,
      internalDomainNameSuffix: answered,
    }),
    enableAcceleratedNetworking: flag,
    disableTcpStateTracking: flag,
    enableIPForwarding: flag,
    workloadType: text,
    nicType: choice('Standard Elastic'),
    privateLinkService: linked,
    migrationPhase: choice(MIGRATION),
    auxiliaryMode: choice('None MaxConnections Floating AcceleratedConnections'),
    auxiliarySku: choice('None A1 A2 A4 A8'),
    provisioningState: answered,
    resourceGuid: answered,
    virtualMachine: answered,
    privateEndpoint: answered,
    primary: answered,
    macAddress: answered,
    hostedWorkloads: answered,
    tapConfigurations: answered,
    vnetEncryptionSupported: answered,
    defaultOutboundConnectivityEnabled: answered,
    dscpConfiguration: answered,
    allowPort25Out: answered,
  }),
);

export const applicationGroup = resource(object({ provisioningState: answered, resourceGuid: answered }));

const routeProperties = object(
  {
    addressPrefix: text,
    nextHopType: choice('VirtualNetworkGateway VnetLocal Internet VirtualAppliance VirtualApplianceEcmp None'),
    nextHopIpAddress: text,
    nextHop: object({ nextHopIpAddresses: list(text) }, ['nextHopIpAddresses']),
    provisioningState: answered,
    hasBgpOverride: answered,
  },
  ['nextHopType'],
);
export const route = resource(routeProperties);

export const routeTable = resource(
  object({
    routes: list(part(routeProperties)),
    disableBgpRoutePropagation: flag,
    disablePeeringRoute: choice('None All'),
    subnets: answered,
    provisioningState: answered,
    resourceGuid: answered,
  }),
);

export const natGateway = resource(
  object({
    idleTimeoutInMinutes: whole(),
    publicIpAddresses: list(reference),
    publicIpAddressesV6: list(reference),
    publicIpPrefixes: list(reference),
    publicIpPrefixesV6: list(reference),
    sourceVirtualNetwork: reference,
    serviceGateway: reference,
    nat64: choice('None Enabled Disabled'),
    type: answered,
    subnets: answered,
    provisioningState: answered,
    resourceGuid: answered,
  }),
  { sku: addressSku },
);
