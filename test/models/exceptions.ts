/** Where what Azure really does, or was recorded to do, is not what its published models say. Each with its reason. */

const EXCEPTIONS: Array<[told: RegExp, reason: string]> = [
  [/Configuration\.enableVMAgentPlatformUpdates: is not known/, 'recorded in a version whose model does not have it'],
  [/networkInterfaces .*answer: kind: is not known/, 'recorded: the service answers "Regular"'],
  [/queueServices .*answer: properties\.logging: is not known/, 'recorded'],
  [/(listKeys|regenerateKey) .*permissions: "FULL"/, 'the service writes it in capitals'],
  [/natGateways .*answer: sku\.tier: is not known/, 'recorded: the service answers "Regional"'],
  [/effectiveRouteTable .*answer: value\[\]\.(destinationServiceTags|hasBgpOverride|tagMap): is not known/, 'recorded'],
  [
    /Microsoft.Network\/.*answer: properties\.(allowPort25Out|type|(virtualNetworkPeerings\[\]\.properties\.)?routeServiceVips): is not known/,
    'recorded',
  ],
  [
    /(PUT|PATCH) Microsoft.Compute\/(disks|snapshots|diskEncryptionSets) .*answer: name: is required/,
    'recorded: accepted is told without a name',
  ],
  [
    /(disks|snapshots) .*answer: properties\.(isArmResource|colocationConstraints|faultDomain): is not known/,
    'recorded',
  ],
  [
    /deployments .*answer: properties\.parameters\{\}\.type: is not known/,
    'the service says the type of each parameter',
  ],
  [/deployments .*request: properties\.mode: "incremental"/, 'az writes it so, and the service takes it in any case'],
  [/deployments\/whatIf .*request: location: is required/, "a subscription's deployment has one, a group's has none"],
  [/deployments\/validate .*answer: (id|name|type): is not known/, 'the service names what it has validated'],
];

export function exceptionFor(told: string): string | undefined {
  return EXCEPTIONS.find(([pattern]) => pattern.test(told))?.[1];
}
