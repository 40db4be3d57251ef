/** Why a difference is left: each is one of Azure's own moments or ages, or something the local Azure does not play. */

const OF_TEMPLATES = /Microsoft\.VirtualMachineImages/;

const REASONS: Array<[difference: RegExp, reason: string, operation?: RegExp]> = [
  [
    /^header retry-after not expected/,
    'the published operation has it, and without it the Azure CLI waits half a minute at a time',
    OF_TEMPLATES,
  ],
  [/^\.error\.code: .*PackerBuildFailed/, 'there is no Packer here: the code says what failed', OF_TEMPLATES],
  [/^header (azure-async\w+|retry-after) not expected/, 'other recordings of the same request have it'],
  [/\.tags( missing|\.)|^\.identity missing/, "a policy of the recording's subscription added it"],
  [/osDisk\.(managedDisk|diskSizeGB) not expected/, 'an unmanaged disk; the local Azure has managed ones only'],
  [/instanceView\..*(Unavailable|Warning|Not Ready|not expected)/, 'recorded before the agent had started'],
];

/** Resources that nothing of a build has to do with. */
const NOT_PLAYED: Array<[operation: RegExp, reason: string]> = [];

export function reasonNotPlayed(operation: string): string | undefined {
  return NOT_PLAYED.find(([pattern]) => pattern.test(operation))?.[1];
}

export function reasonFor(difference: string, asked: string): string | undefined {
  return REASONS.find(([pattern, , operation]) => pattern.test(difference) && operation?.test(asked) !== false)?.[1];
}

/** What the activities of a build, its clean-up and its checks ask of Azure. */
export const CALLED_BY_KILN = new Set([
  'PUT Microsoft.Resources/resourceGroups',
  'GET Microsoft.Resources/resourceGroups',
  'DELETE Microsoft.Resources/resourceGroups',
  'PUT Microsoft.Network/virtualNetworks',
  'GET Microsoft.Network/virtualNetworks',
  'DELETE Microsoft.Network/virtualNetworks',
  'PUT Microsoft.Network/networkSecurityGroups',
  'GET Microsoft.Network/networkSecurityGroups',
  'DELETE Microsoft.Network/networkSecurityGroups',
  'PUT Microsoft.Network/publicIPAddresses',
  'GET Microsoft.Network/publicIPAddresses',
  'DELETE Microsoft.Network/publicIPAddresses',
  'PUT Microsoft.Network/networkInterfaces',
  'GET Microsoft.Network/networkInterfaces',
  'DELETE Microsoft.Network/networkInterfaces',
  'GET Microsoft.ManagedIdentity/userAssignedIdentities',
  'PUT Microsoft.Storage/storageAccounts',
  'GET Microsoft.Storage/storageAccounts',
  'DELETE Microsoft.Storage/storageAccounts',
  'PUT Microsoft.Compute/disks',
  'GET Microsoft.Compute/disks',
  'DELETE Microsoft.Compute/disks',
  'PUT Microsoft.Compute/snapshots',
  'GET Microsoft.Compute/snapshots',
  'DELETE Microsoft.Compute/snapshots',
  'POST Microsoft.Compute/snapshots/beginGetAccess',
  'POST Microsoft.Compute/snapshots/endGetAccess',
  'PUT Microsoft.Compute/virtualMachines',
  'GET Microsoft.Compute/virtualMachines',
  'DELETE Microsoft.Compute/virtualMachines',
  'GET Microsoft.Compute/virtualMachines/instanceView',
  'POST Microsoft.Compute/virtualMachines/deallocate',
  'POST Microsoft.Compute/virtualMachines/generalize',
  'PUT Microsoft.Compute/virtualMachines/runCommands',
  'GET Microsoft.Compute/virtualMachines/runCommands',
  'GET Microsoft.Compute/virtualMachines/runCommands (list)',
  'DELETE Microsoft.Compute/virtualMachines/runCommands',
  'PUT Microsoft.Compute/images',
  'GET Microsoft.Compute/images',
  'DELETE Microsoft.Compute/images',
  'GET Microsoft.Compute/galleries',
  'GET Microsoft.Compute/galleries/images',
  'PUT Microsoft.Compute/galleries/images/versions',
  'GET Microsoft.Compute/galleries/images/versions',
  'DELETE Microsoft.Compute/galleries/images/versions',
  'GET Microsoft.Compute/locations/usages (list)',
  'GET Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions',
  'GET Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions (list)',
]);
