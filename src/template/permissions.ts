/**
 * What a build needs to be allowed to do, by scope: every call that the activities make for this plan, clean-up and log
 * links included, and what Azure asks of whoever links one resource to another (`…/join/action`).
 */
import type { BuildPlan, PlannedDistributor } from './build-plan.ts';
import { formatResourceId, parseResourceId, requireResourceId } from './resource-id.ts';

export interface NeededPermissions {
  /**
   * Resource id of a subscription, resource group or resource; of a storage account that the template names by address
   * only, the address of its blobs.
   */
  scope: string;
  actions: string[];
  /** What is done to what resources hold; no `*` among a role's actions covers them, so not even an owner has them. */
  dataActions?: string[];
  why: string;
}

export function permissionsOf(plan: BuildPlan): NeededPermissions[] {
  return [
    ...stagingPermissions(plan),
    ...sourcePermissions(plan),
    ...plan.distribute.flatMap((distributor) => outputPermissions(distributor, plan)),
    ...networkPermissions(plan),
    ...identityPermissions(plan),
  ];
}

const BLOB_SERVICE = 'Microsoft.Storage/storageAccounts/blobServices';
const CONTAINER_WRITE = `${BLOB_SERVICE}/containers/write`;
const onBlobs = (...verbs: string[]): string[] => verbs.map((verb) => `${BLOB_SERVICE}/containers/blobs/${verb}`);

const written = (type: string): string[] => ['read', 'write', 'delete'].map((verb) => `${type}/${verb}`);

function stagingPermissions({
  template,
  stagingResourceGroup,
  machine,
  validate,
  distribute,
}: BuildPlan): NeededPermissions[] {
  const subscription = `/subscriptions/${template.subscriptionId}`;
  const own = machine.subnetId === undefined;
  const needsImage = validate !== undefined && !validate.sourceValidationOnly;
  const inGroup = [
    ...written('Microsoft.Storage/storageAccounts'),
    `${BLOB_SERVICE}/generateUserDelegationKey/action`,
    CONTAINER_WRITE,
    ...written('Microsoft.Network/networkInterfaces'),
    'Microsoft.Network/networkInterfaces/join/action',
    ...(own
      ? [
          ...written('Microsoft.Network/networkSecurityGroups'),
          'Microsoft.Network/networkSecurityGroups/join/action',
          ...written('Microsoft.Network/publicIPAddresses'),
          'Microsoft.Network/publicIPAddresses/join/action',
          ...written('Microsoft.Network/virtualNetworks'),
          'Microsoft.Network/virtualNetworks/subnets/join/action',
        ]
      : []),
    ...written('Microsoft.Compute/disks'),
    ...(distribute.some(({ type }) => type === 'VHD')
      ? ['Microsoft.Compute/disks/beginGetAccess/action', 'Microsoft.Compute/disks/endGetAccess/action']
      : []),
    ...written('Microsoft.Compute/virtualMachines'),
    'Microsoft.Compute/virtualMachines/instanceView/read',
    'Microsoft.Compute/virtualMachines/deallocate/action',
    'Microsoft.Compute/virtualMachines/generalize/action',
    ...written('Microsoft.Compute/virtualMachines/runCommands'),
    ...(needsImage ? written('Microsoft.Compute/images') : []),
  ];
  const ownVhd = distribute.some((distributor) => distributor.type === 'VHD' && distributor.uri === undefined);
  // Machines append their output, and may do so by an address that the worker signs only if the worker may.
  const dataActions = onBlobs('read', 'write', 'add/action', ...(ownVhd ? ['delete'] : []));
  const everywhere = [
    'Microsoft.Resources/subscriptions/resourceGroups/read',
    'Microsoft.Compute/skus/read',
    'Microsoft.Compute/locations/vmSizes/read',
    'Microsoft.Compute/locations/usages/read',
  ];
  const why = 'the staging group and what a build makes in it';
  if (stagingResourceGroup !== undefined) {
    const group = ['Microsoft.Resources/subscriptions/resourceGroups/write'];
    return [
      { scope: subscription, actions: everywhere, why: 'regions, sizes and quota' },
      {
        scope: stagingResourceGroup,
        actions: [...group, 'Microsoft.Resources/subscriptions/resourceGroups/resources/read', ...inGroup],
        dataActions,
        why,
      },
    ];
  }
  const group = ['write', 'delete'].map((verb) => `Microsoft.Resources/subscriptions/resourceGroups/${verb}`);
  return [{ scope: subscription, actions: [...everywhere, ...group, ...inGroup], dataActions, why }];
}

function sourcePermissions({ source, template }: BuildPlan): NeededPermissions[] {
  const subscription = `/subscriptions/${template.subscriptionId}`;
  const why = 'the source image';
  if (source.type === 'ManagedImage')
    return [{ scope: source.imageId, actions: ['Microsoft.Compute/images/read'], why }];
  if (source.type === 'PlatformImage') {
    const path = 'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read';
    return [{ scope: subscription, actions: [path], why }];
  }
  if (source.gallery === 'directShared' || source.gallery === 'community') {
    const type = source.gallery === 'community' ? 'communityGalleries' : 'sharedGalleries';
    const actions = ['images', 'images/versions'].map((part) => `Microsoft.Compute/locations/${type}/${part}/read`);
    return [{ scope: subscription, actions, why }];
  }
  const actions = ['images', 'images/versions'].map((part) => `Microsoft.Compute/galleries/${part}/read`);
  return [{ scope: topOf(source.imageVersionId), actions, why }];
}

function outputPermissions(distributor: PlannedDistributor, { template }: BuildPlan): NeededPermissions[] {
  const why = `run output ${distributor.runOutputName}`;
  switch (distributor.type) {
    case 'SharedImage': {
      const actions = [
        'Microsoft.Compute/galleries/read',
        'Microsoft.Compute/galleries/images/read',
        ...written('Microsoft.Compute/galleries/images/versions'),
      ];
      return [{ scope: topOf(distributor.imageDefinitionId), actions, why }];
    }
    case 'ManagedImage': {
      const { subscriptionId, resourceGroup } = requireResourceId(distributor.imageId);
      const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      return [{ scope, actions: written('Microsoft.Compute/images'), why }];
    }
    case 'VHD': {
      if (distributor.uri === undefined) return [];
      const found = ['Microsoft.Storage/storageAccounts/read'];
      return [
        { scope: `/subscriptions/${template.subscriptionId}`, actions: found, why },
        { scope: accountOf(distributor.uri), actions: [CONTAINER_WRITE], dataActions: onBlobs('read', 'write'), why },
      ];
    }
  }
}

function networkPermissions({ machine: { subnetId } }: BuildPlan): NeededPermissions[] {
  if (subnetId === undefined) return [];
  const network = 'Microsoft.Network/virtualNetworks';
  return [
    {
      scope: topOf(subnetId),
      actions: [`${network}/read`, `${network}/subnets/join/action`],
      why: 'the existing network',
    },
  ];
}

function identityPermissions({ template, machine }: BuildPlan): NeededPermissions[] {
  const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';
  const all = [...new Set([...template.identities, ...machine.identities])];
  return all
    .filter((id) => parseResourceId(id) !== undefined)
    .map((scope) => {
      const assigned = machine.identities.includes(scope);
      return {
        scope,
        actions: [`${type}/read`, ...(assigned ? [`${type}/assign/action`] : [])],
        why: assigned ? 'an identity of the build machine' : 'the identity of the template',
      };
    });
}

/** The address of all blobs of an account. At a bare IP address, as the local Azure is at, its name is in the path. */
function accountOf(uri: string): string {
  const { origin, hostname, pathname } = new URL(uri);
  return /^[\d.]+$/.test(hostname) ? `${origin}/${pathname.split('/')[1] ?? ''}` : origin;
}

/** The id of the resource that a nested one is in: a gallery, a virtual network. */
function topOf(id: string): string {
  const { type, names, ...group } = requireResourceId(id);
  const [namespace = '', first = ''] = type.split('/');
  return formatResourceId({ ...group, type: `${namespace}/${first}`, names: names.slice(0, 1) });
}
