/** Which api-versions each resource type has, and how one that it does not have is refused. */
import { ArmError } from '../core.ts';
import { REGION_NAMES } from '../regions.ts';
import {
  DENY_ASSIGNMENTS,
  DISKS,
  FEATURES,
  GALLERIES,
  IDENTITIES,
  LOCKS,
  MACHINES,
  NETWORK,
  RESOURCE_MANAGER,
  ROLE_ASSIGNMENTS,
  ROLE_DEFINITIONS,
  SKUS,
  STORAGE,
} from './lists.ts';

type Versions = string[];
const since = (versions: Versions, first: string): Versions => versions.slice(versions.indexOf(first));

/** By namespace: each type's own versions; a type that is not here has those of what it lies in, or else the first ones. */
const TYPES: Record<string, Record<string, Versions>> = {
  'Microsoft.Compute': {
    virtualMachines: MACHINES,
    'virtualMachines/extensions': MACHINES,
    'virtualMachines/runCommands': since(MACHINES, '2020-06-01'),
    images: since(MACHINES, '2016-04-30-preview'),
    availabilitySets: MACHINES,
    proximityPlacementGroups: since(MACHINES, '2018-04-01'),
    disks: DISKS,
    snapshots: DISKS,
    diskEncryptionSets: since(DISKS, '2019-07-01'),
    diskAccesses: since(DISKS, '2020-05-01'),
    galleries: GALLERIES,
    'galleries/images': GALLERIES,
    'galleries/images/versions': GALLERIES,
    'galleries/applications': since(GALLERIES, '2019-03-01'),
    skus: SKUS,
    'locations/operations': MACHINES,
    'locations/DiskOperations': DISKS,
    'locations/capsOperations': GALLERIES,
    'locations/publishers': MACHINES,
    'locations/vmSizes': MACHINES,
    'locations/virtualMachines': since(MACHINES, '2017-03-30'),
    'locations/usages': MACHINES,
    'locations/runCommands': since(MACHINES, '2017-03-30'),
    'locations/sharedGalleries': since(GALLERIES, '2020-09-30'),
    'locations/communityGalleries': since(GALLERIES, '2021-07-01'),
  },
  'Microsoft.Network': {
    virtualNetworks: NETWORK,
    'virtualNetworks/subnets': NETWORK,
    'virtualNetworks/virtualNetworkPeerings': since(NETWORK, '2016-06-01'),
    applicationSecurityGroups: since(NETWORK, '2017-09-01'),
    routeTables: NETWORK,
    'routeTables/routes': NETWORK,
    natGateways: since(NETWORK, '2019-02-01'),
    networkSecurityGroups: NETWORK,
    'networkSecurityGroups/securityRules': NETWORK,
    publicIPAddresses: NETWORK,
    publicIPPrefixes: since(NETWORK, '2018-07-01'),
    networkInterfaces: NETWORK,
    'locations/usages': NETWORK,
    'locations/CheckDnsNameAvailability': NETWORK,
  },
  'Microsoft.Storage': {
    storageAccounts: STORAGE,
    'storageAccounts/blobServices': since(STORAGE, '2016-05-01'),
    'storageAccounts/blobServices/containers': since(STORAGE, '2016-05-01'),
    'storageAccounts/fileServices': since(STORAGE, '2016-05-01'),
    'storageAccounts/fileServices/shares': since(STORAGE, '2016-05-01'),
    'storageAccounts/queueServices': since(STORAGE, '2016-05-01'),
    'storageAccounts/queueServices/queues': since(STORAGE, '2016-05-01'),
    'storageAccounts/tableServices': since(STORAGE, '2016-05-01'),
    'storageAccounts/tableServices/tables': since(STORAGE, '2016-05-01'),
    'storageAccounts/managementPolicies': since(STORAGE, '2018-02-01'),
    'storageAccounts/privateLinkResources': since(STORAGE, '2019-06-01'),
    'storageAccounts/privateEndpointConnections': since(STORAGE, '2019-06-01'),
    usages: STORAGE,
    'locations/usages': STORAGE,
    skus: STORAGE,
    checkNameAvailability: STORAGE,
  },
  'Microsoft.ManagedIdentity': {
    identities: IDENTITIES,
    userAssignedIdentities: IDENTITIES,
    'userAssignedIdentities/federatedIdentityCredentials': since(IDENTITIES, '2022-01-31-preview'),
  },
  'Microsoft.Authorization': {
    roleAssignments: ROLE_ASSIGNMENTS,
    roleDefinitions: ROLE_DEFINITIONS,
    permissions: ROLE_DEFINITIONS,
    locks: LOCKS,
    denyAssignments: DENY_ASSIGNMENTS,
  },
  'Microsoft.Features': {
    features: FEATURES,
    providers: FEATURES,
  },
  'Microsoft.Resources': {
    subscriptions: RESOURCE_MANAGER,
    'subscriptions/resourceGroups': RESOURCE_MANAGER,
    resourceGroups: RESOURCE_MANAGER,
    resources: RESOURCE_MANAGER,
    deployments: RESOURCE_MANAGER,
    tags: RESOURCE_MANAGER,
    links: RESOURCE_MANAGER,
  },
};

const MANAGER = 'microsoft.resources';
/** Services that tell their versions from the newest on; the others begin with the oldest. */
const NEWEST_FIRST = new Set([MANAGER, 'microsoft.storage']);
const FORM = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-z]+)?$/i;

const BY_TYPE = new Map(
  Object.entries(TYPES).flatMap(([namespace, types]) => [
    [namespace.toLowerCase(), Object.values(types)[0] ?? []] as const,
    ...Object.entries(types).map(([type, versions]) => [`${namespace}/${type}`.toLowerCase(), versions] as const),
  ]),
);

/** As a provider's description has them: newest first. */
export function describeTypes(namespace: string): Array<{ resourceType: string; apiVersions: string[] }> {
  return Object.entries(TYPES[namespace] ?? {}).map(([resourceType, versions]) => ({
    resourceType,
    apiVersions: versions.toReversed(),
  }));
}

/** @param type `Microsoft.Compute/disks`, in any case; empty where the namespace is not known */
export function apiVersionsOf(type: string): Versions {
  const parts = type.toLowerCase().split('/');
  const nearest = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return nearest.map((one) => BY_TYPE.get(one)).find((versions) => versions !== undefined) ?? [];
}

/**
 * Throws ArmError 400: InvalidApiVersionParameter where Resource Manager itself answers, NoRegisteredProviderFound where a
 * location says which provider would, InvalidResourceType where none does.
 * @param type undefined for what no provider has
 */
export function requireApiVersion(type: string | undefined, apiVersion: string, location: string | undefined): void {
  const [namespace = '', ...types] = (type ?? MANAGER).split('/');
  const key = namespace.toLowerCase();
  const versions = apiVersionsOf(type ?? MANAGER);
  if (versions.length === 0 || versions.some((one) => one === apiVersion.toLowerCase())) return;
  if (key === MANAGER || !FORM.test(apiVersion)) {
    throw new ArmError(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${apiVersion}' is invalid. The supported versions are '${RESOURCE_MANAGER.toReversed().join(',')}'.`,
    );
  }
  const told = NEWEST_FIRST.has(key) ? versions.toReversed() : versions;
  if (location === undefined) {
    throw new ArmError(
      400,
      'InvalidResourceType',
      `The resource type '${types.join('/')}' could not be found in the namespace '${namespace}' for api version '${apiVersion}'. ` +
        `The supported api-versions are '${told.join(',')}'.`,
    );
  }
  // Roles are everywhere and nowhere.
  const locations = key === 'microsoft.authorization' ? [] : REGION_NAMES;
  throw new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${apiVersion}' for type '${types.join('/')}'. ` +
      `The supported api-versions are '${told.join(', ')}'. The supported locations are '${locations.join(', ')}'.`,
  );
}
