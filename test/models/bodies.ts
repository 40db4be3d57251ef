/** A body of each type and verb that the local Azure takes one of, as small as Azure would take it. */
import type { JsonObject } from '../../src/local-azure/core.ts';

const location = 'westeurope';
const id = (type: string): string =>
  `/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers/${type}/x`;
const rule = { protocol: 'Tcp', access: 'Allow', priority: 100, direction: 'Inbound' };
const template = { $schema: 'https://schema.management.azure.com/', contentVersion: '1.0.0.0', resources: [] };

export const BODIES: Record<string, JsonObject> = {
  'microsoft.compute/disks': { location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } },
  'microsoft.compute/snapshots': {
    location,
    properties: { creationData: { createOption: 'Copy', sourceResourceId: id('Microsoft.Compute/disks') } },
  },
  'microsoft.compute/images': {
    location,
    properties: { sourceVirtualMachine: { id: id('Microsoft.Compute/virtualMachines') } },
  },
  'microsoft.compute/virtualmachines': {
    location,
    properties: {
      hardwareProfile: { vmSize: 'Standard_B1s' },
      storageProfile: { osDisk: { createOption: 'FromImage' } },
      networkProfile: { networkInterfaces: [{ id: id('Microsoft.Network/networkInterfaces') }] },
    },
  },
  'microsoft.compute/virtualmachines/extensions': { location, properties: { publisher: 'kiln', type: 'Any' } },
  'microsoft.compute/virtualmachines/runcommands': { location, properties: { source: { script: 'true' } } },
  'microsoft.compute/galleries': { location, properties: {} },
  'microsoft.compute/galleries/images': {
    location,
    properties: {
      osType: 'Linux',
      osState: 'Generalized',
      identifier: { publisher: 'p', offer: 'o', sku: 's' },
    },
  },
  'microsoft.compute/galleries/images/versions': {
    location,
    properties: { storageProfile: { source: { id: id('Microsoft.Compute/images') } } },
  },
  'microsoft.compute/galleries/applications': { location, properties: { supportedOSType: 'Linux' } },
  'microsoft.compute/availabilitysets': { location, properties: {} },
  'microsoft.compute/proximityplacementgroups': { location, properties: {} },
  'microsoft.compute/diskencryptionsets': { location, properties: { activeKey: { keyUrl: 'https://vault/keys/one' } } },
  'microsoft.compute/diskaccesses': { location, properties: {} },
  'microsoft.network/virtualnetworks/virtualnetworkpeerings': {
    properties: { remoteVirtualNetwork: { id: id('Microsoft.Network/virtualNetworks') } },
  },
  'microsoft.network/applicationsecuritygroups': { location, properties: {} },
  'microsoft.network/routetables': { location, properties: { routes: [] } },
  'microsoft.network/routetables/routes': { properties: { nextHopType: 'Internet' } },
  'microsoft.network/natgateways': { location, properties: {}, sku: { name: 'Standard' } },
  'microsoft.network/virtualnetworks': {
    location,
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
  },
  'microsoft.network/virtualnetworks/subnets': { properties: { addressPrefix: '10.0.0.0/24' } },
  'microsoft.network/networksecuritygroups': { location, properties: { securityRules: [] } },
  'microsoft.network/networksecuritygroups/securityrules': { properties: rule },
  'microsoft.network/publicipaddresses': { location, properties: { publicIPAllocationMethod: 'Static' } },
  'microsoft.network/publicipprefixes': { location, properties: { prefixLength: 30 } },
  'microsoft.network/networkinterfaces': { location, properties: { ipConfigurations: [] } },
  'microsoft.storage/storageaccounts': { location, sku: { name: 'Standard_LRS' }, kind: 'StorageV2' },
  'microsoft.storage/storageaccounts/blobservices': { properties: {} },
  'microsoft.storage/storageaccounts/blobservices/containers': { properties: {} },
  'microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies': {
    properties: { immutabilityPeriodSinceCreationInDays: 1 },
  },
  'microsoft.storage/storageaccounts/fileservices': { properties: {} },
  'microsoft.storage/storageaccounts/fileservices/shares': { properties: {} },
  'microsoft.storage/storageaccounts/queueservices': { properties: {} },
  'microsoft.storage/storageaccounts/queueservices/queues': { properties: {} },
  'microsoft.storage/storageaccounts/tableservices': { properties: {} },
  'microsoft.storage/storageaccounts/tableservices/tables': { properties: {} },
  'microsoft.storage/storageaccounts/managementpolicies': { properties: { policy: { rules: [] } } },
  'microsoft.managedidentity/userassignedidentities': { location },
  'microsoft.managedidentity/userassignedidentities/federatedidentitycredentials': {
    properties: { issuer: 'https://issuer.invalid', subject: 's', audiences: ['api://AzureADTokenExchange'] },
  },
  'microsoft.authorization/roleassignments': {
    properties: {
      roleDefinitionId: id('Microsoft.Authorization/roleDefinitions'),
      principalId: '10ca1a2e-0000-4000-8000-000000000002',
    },
  },
  'microsoft.authorization/roledefinitions': { properties: { roleName: 'r', permissions: [{ actions: ['*/read'] }] } },
  'microsoft.authorization/locks': { properties: { level: 'ReadOnly' } },
  'microsoft.resources/resourcegroups': { location },
  'microsoft.resources/links': { properties: { targetId: id('Microsoft.Compute/disks') } },
  'microsoft.resources/tags': { properties: { tags: { any: 'thing' } } },
  'microsoft.resources/deployments': { properties: { mode: 'Incremental', template } },
};

export const ACTION_BODIES: Record<string, JsonObject> = {
  'microsoft.compute/disks/begingetaccess': { access: 'Read', durationInSeconds: 60 },
  'microsoft.compute/snapshots/begingetaccess': { access: 'Read', durationInSeconds: 60 },
  'microsoft.compute/virtualmachines/runcommand': { commandId: 'RunShellScript' },
  'microsoft.compute/galleries/share': { operationType: 'Reset' },
  'microsoft.storage/storageaccounts/listaccountsas': {
    signedServices: 'b',
    signedResourceTypes: 'sco',
    signedPermission: 'r',
    signedExpiry: '2099-01-01T00:00:00Z',
  },
  'microsoft.storage/storageaccounts/listservicesas': { canonicalizedResource: '/blob/kiln/c' },
  'microsoft.storage/storageaccounts/blobservices/containers/setlegalhold': { tags: ['tag1'] },
  'microsoft.storage/storageaccounts/blobservices/containers/clearlegalhold': { tags: ['tag1'] },
  'microsoft.storage/storageaccounts/blobservices/containers/lease': { action: 'Break' },
  'microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies/extend': {
    properties: { immutabilityPeriodSinceCreationInDays: 3 },
  },
  'microsoft.resources/resourcegroups/exporttemplate': { resources: ['*'] },
  'microsoft.storage/storageaccounts/regeneratekey': { keyName: 'key1' },
  'microsoft.storage/checknameavailability': { name: 'kiln', type: 'Microsoft.Storage/storageAccounts' },
  'microsoft.resources/deployments/validate': { properties: { mode: 'Incremental', template } },
};
