/**
 * Microsoft.Compute's own limits. Virtual machines have a bucket each beside one for the subscription and region (since
 * 2024); all else counts by windows of 3 and 30 minutes, which are kept here as buckets that refill in that time.
 */
import type { Draw, Limit } from './token-buckets.ts';

interface Allowance extends Draw {
  /** As the header has it: `UpdateVMResource`, `CreateUpdateDisks3Min`. */
  name: string;
}

/** Of a machine and of a subscription in a region; burst, per minute. */
const MACHINE: Record<string, [resource: Limit, subscription: Limit]> = {
  PutVM: [limit(12, 4), limit(1500, 500)],
  UpdateVM: [limit(12, 4), limit(1500, 500)],
  DeleteVM: [limit(12, 4), limit(1500, 500)],
  LowCostGet: [limit(36, 12), limit(24_000, 8000)],
  GetOperation: [limit(45, 15), limit(15_000, 5000)],
};

/** Calls in 3 minutes, and in 30 where there is such a window. */
const WINDOWS: Record<string, [three: number, thirty?: number]> = {
  CreateImages: [40, 200],
  GetImages: [360, 1800],
  DeleteImages: [120, 600],
  CreateUpdateDisks: [1000, 8000],
  HighCostDiskHydrate: [1000, 8000],
  HighCostSnapshotCreateHydrate: [1000, 8000],
  DeleteDisks: [3000, 24_000],
  LowCostGetDisks: [15_000, 120_000],
  GetOperationDisks: [50_000, 400_000],
  HighCostGet: [300, 900],
  CreateUpdateGallery: [50, 300],
  GetGallery: [350, 2500],
  DeleteGallery: [50, 300],
  CreateUpdateGalleryImage: [150, 750],
  GetGalleryImage: [600, 3000],
  DeleteGalleryImage: [50, 300],
  CreateUpdateGalleryImageVersion: [375, 1200],
  GetGalleryImageVersion: [2000, 10_000],
  DeleteGalleryImageVersion: [150, 1000],
  CreateUpdateGalleryApplication: [150, 750],
  GetGalleryApplication: [300, 2000],
  DeleteGalleryApplication: [50, 300],
  GetOperationStatus: [1200, 4200],
  GetSubscriptionInfo: [420],
  PutDeletePPG: [100, 500],
  CreateUpdateHighCostDiskEncryptionSet: [100, 300],
  DeleteHighCostDiskEncryptionSet: [200, 500],
  HighCostDiskAccess: [100, 300],
  LowCostDiskAccessGet: [1000, 5000],
  GetVMExtension: [10_000, 22_000],
  ListVMExtensions: [10_000, 22_000],
  ListVMExtensionTypes: [18_000, 22_500],
  GetVMImageFromLocation: [13_000, 74_000],
  ListVMImagesVersionsFromLocation: [16_000, 44_000],
  ListVMImageOffersFromLocation: [200, 1000],
  ListVMImageSkusFromLocation: [10_000, 30_000],
};

/** The first that fits names the group; paths begin after `/providers/Microsoft.Compute/`. */
const RULES: Array<[method: RegExp, path: RegExp, group: string]> = [
  [/PUT|PATCH/, /^virtualmachines\/[^/]+$/, 'PutVM'],
  [/DELETE/, /^virtualmachines\/[^/]+$/, 'DeleteVM'],
  [/POST/, /^virtualmachines\/[^/]+\/(deallocate|simulateeviction)$/, 'DeleteVM'],
  [/GET/, /^virtualmachines\/[^/]+(\/.*)?$/, 'LowCostGet'],
  [/./, /^virtualmachines\/[^/]+\/.+$/, 'UpdateVM'],
  [/GET/, /^virtualmachines$/, 'HighCostGet'],
  [/GET/, /^locations\/[^/]+\/operations\/[^/]+$/, 'GetOperation'],
  [/GET/, /^locations\/[^/]+\/diskoperations\/[^/]+$/, 'GetOperationDisks'],
  [/GET/, /^locations\/[^/]+\/capsoperations\/[^/]+$/, 'GetOperationStatus'],
  [/GET/, /^locations\/[^/]+\/(usages|vmsizes|runcommands(\/[^/]+)?)$/, 'GetSubscriptionInfo'],
  [/GET/, /^locations\/[^/]+\/virtualmachines$/, 'HighCostGet'],
  [/GET/, /\/vmextension\/types$/, 'ListVMExtensionTypes'],
  [/GET/, /\/vmextension\/types\/[^/]+\/versions$/, 'ListVMExtensions'],
  [/GET/, /\/vmextension\/types\/[^/]+\/versions\/[^/]+$/, 'GetVMExtension'],
  [/GET/, /^locations\/.+\/versions\/[^/]+$/, 'GetVMImageFromLocation'],
  [/GET/, /^locations\/.+\/versions$/, 'ListVMImagesVersionsFromLocation'],
  [/GET/, /^locations\/.+\/skus$/, 'ListVMImageSkusFromLocation'],
  [/GET/, /^locations\/.+\/offers$/, 'ListVMImageOffersFromLocation'],
  [/PUT|PATCH/, /^availabilitysets\/[^/]+$/, 'PutVM'],
  [/DELETE/, /^availabilitysets\/[^/]+$/, 'DeleteVM'],
  [/GET/, /^availabilitysets(\/.+)?$/, 'LowCostGet'],
  [/GET/, /^proximityplacementgroups(\/[^/]+)?$/, 'HighCostGet'],
  [/./, /^proximityplacementgroups\/[^/]+$/, 'PutDeletePPG'],
  [/DELETE/, /^diskencryptionsets\/[^/]+$/, 'DeleteHighCostDiskEncryptionSet'],
  [/GET/, /^diskencryptionsets(\/[^/]+)?$/, 'LowCostGetDisks'],
  [/PUT|PATCH/, /^diskencryptionsets\/[^/]+$/, 'CreateUpdateHighCostDiskEncryptionSet'],
  [/GET/, /^diskaccesses(\/[^/]+)?$/, 'LowCostDiskAccessGet'],
  [/./, /^diskaccesses\/[^/]+$/, 'HighCostDiskAccess'],
  [/PUT/, /^snapshots\/[^/]+$/, 'HighCostSnapshotCreateHydrate'],
  [/POST/, /^snapshots\/[^/]+\/(begin|end)getaccess$/, 'HighCostSnapshotCreateHydrate'],
  [/POST/, /^disks\/[^/]+\/(begin|end)getaccess$/, 'HighCostDiskHydrate'],
  [/PUT|PATCH/, /^(disks|snapshots)\/[^/]+$/, 'CreateUpdateDisks'],
  [/DELETE/, /^(disks|snapshots)\/[^/]+$/, 'DeleteDisks'],
  [/GET/, /^(disks|snapshots)\/[^/]+$/, 'LowCostGetDisks'],
  [/PUT|PATCH/, /^images\/[^/]+$/, 'CreateImages'],
  [/DELETE/, /^images\/[^/]+$/, 'DeleteImages'],
  [/GET/, /^images(\/[^/]+)?$/, 'GetImages'],
  ...gallery(/^galleries\/[^/]+\/images\/[^/]+\/versions(\/[^/]+)?$/, 'GalleryImageVersion'),
  ...gallery(/^galleries\/[^/]+\/images(\/[^/]+)?$/, 'GalleryImage'),
  ...gallery(/^galleries\/[^/]+\/applications(\/[^/]+)?$/, 'GalleryApplication'),
  ...gallery(/^galleries(\/[^/]+)?$/, 'Gallery'),
];

/** Groups that the header calls by the name of another. */
const HEADER_NAMES: Record<string, string> = { LowCostGetDisks: 'LowCostGet', GetOperationDisks: 'GetOperation' };

/**
 * The allowances that a call draws on; none for other providers.
 * @param resourceOf the resource that an operation's poll is about
 */
export function computeAllowances(
  method: string,
  path: string,
  resourceOf: (path: string) => string | undefined,
): Allowance[] {
  // What lies at a resource of Microsoft.Compute and is another provider's, a lock, is not asked of it.
  const below = /\/providers\/microsoft\.compute\/((?!.*\/providers\/).+)$/i.exec(path)?.[1]?.toLowerCase();
  // Resource Manager keeps the lists of a whole subscription itself.
  if (/^\/subscriptions\/[^/]+\/providers\/[^/]+\/[^/]+$/i.test(path)) return [];
  const group = below === undefined ? undefined : groupOf(method === 'HEAD' ? 'GET' : method, below);
  if (group === undefined) return [];
  const machine = MACHINE[group];
  if (machine !== undefined) {
    const [resource, subscription] = machine;
    const key = topLevel(resourceOf(path) ?? path);
    return [
      { name: `${group}SubscriptionMaximum`, key: group, limit: subscription },
      { name: `${group}Resource`, key: `${group} ${key}`, limit: resource },
    ];
  }
  const [three = 0, thirty] = WINDOWS[group] ?? [];
  const name = HEADER_NAMES[group] ?? group;
  return [
    { name: `${name}3Min`, key: `${group}3Min`, limit: limit(three, three / 3) },
    ...(thirty === undefined
      ? []
      : [{ name: `${name}30Min`, key: `${group}30Min`, limit: limit(thirty, thirty / 30) }]),
  ];
}

function groupOf(method: string, path: string): string | undefined {
  return RULES.find(([methods, paths]) => methods.test(method) && paths.test(path))?.[2];
}

/** A machine's commands and extensions count against the machine. */
function topLevel(path: string): string {
  return /^.*?\/providers\/[^/]+\/[^/]+\/[^/]+/i.exec(path)?.[0].toLowerCase() ?? path.toLowerCase();
}

function limit(burst: number, perMinute: number): Limit {
  return { burst, perMinute };
}

function gallery(path: RegExp, type: string): Array<[RegExp, RegExp, string]> {
  return [
    [/PUT|PATCH/, path, `CreateUpdate${type}`],
    [/GET/, path, `Get${type}`],
    [/DELETE/, path, `Delete${type}`],
  ];
}
