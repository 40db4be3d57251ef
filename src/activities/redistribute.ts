/**
 * Distributing again what a run made, when its machine is long gone: from a gallery version of the run, which other
 * versions and disks can be made from.
 */
import { restorePoller } from '@azure/arm-compute';
import type { GalleryImageVersion } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, failure, orNotFound } from '../azure/errors.ts';
import { finish } from '../azure/operations.ts';
import type { TargetRegion } from '../template/build-plan.ts';
import { normalizeRegion, requireResourceId } from '../template/resource-id.ts';
import type { RedistributeActivities } from './contract.ts';
import { releaseGroup, takeGroup } from './own-group.ts';
import { removableDisk } from './removable-disk.ts';
import { removeInOrder } from './removals.ts';
import type { Removable } from './removals.ts';
import { isOurs } from './tags.ts';

/** In the staging group, beside the logs. */
const DISK = 'redistribute-os';

export function createRedistributeActivities(azure: Azure): RedistributeActivities {
  return {
    async findOwnVersion(run, imageDefinitionId) {
      const { subscriptionId, resourceGroup, names } = requireResourceId(imageDefinitionId);
      const [gallery = '', definition = ''] = names;
      const { galleryImageVersions } = azure.clients(subscriptionId).compute;
      return attempt(`look for the run's version of ${definition}`, async () => {
        for await (const version of galleryImageVersions.listByGalleryImage(resourceGroup, gallery, definition)) {
          if (isOurs(run, version.tags) && version.id !== undefined) return version.id;
        }
        return undefined;
      });
    },

    async putRegions(run, versionId, regions) {
      const { subscriptionId, resourceGroup, names } = requireResourceId(versionId);
      const [gallery = '', definition = '', name = ''] = names;
      const { galleryImageVersions } = azure.clients(subscriptionId).compute;
      const path = [resourceGroup, gallery, definition, name] as const;
      const version = await attempt(`look at version ${name}`, () =>
        orNotFound(galleryImageVersions.get(...path, { expand: 'ReplicationStatus' })),
      );
      if (version === undefined) throw failure('NotFound', `the version ${versionId} is gone`);
      if (!isOurs(run, version.tags)) throw failure('Refused', `the version ${versionId} is not of this run`);
      const there = version.publishingProfile?.targetRegions ?? [];
      const failed = failedRegions(version);
      const good = there.filter((one) => !failed.includes(normalizeRegion(one.name)));
      const missing = regions.filter(({ name: wanted }) => !good.some((one) => normalizeRegion(one.name) === wanted));
      if (missing.length === 0) return { tried: [] };
      const put = (targetRegions: typeof there) =>
        finish(
          `set the regions of version ${name} to ${targetRegions.map((one) => one.name).join(', ')}`,
          () =>
            galleryImageVersions.update(...path, {
              publishingProfile: { ...version.publishingProfile, targetRegions },
            }),
          (state) => restorePoller(azure.clients(subscriptionId).compute, state, galleryImageVersions.update),
        );
      // Azure takes up a failed region only when it was dropped from the complete set and then added to it again.
      if (good.length < there.length && good.length > 0) await put(good);
      const added = missing.map(({ name: region, replicaCount, storageAccountType }) => ({
        name: region,
        regionalReplicaCount: replicaCount,
        storageAccountType,
      }));
      // A region that fails fails the operation, and is told by its own state.
      await put([...good, ...added]).catch((error: unknown) => {
        if (!(error instanceof Error) || !/replicat/i.test(error.message)) throw error;
      });
      return { tried: missing.map((region: TargetRegion) => region.name) };
    },

    async copyVersionToDisk(run, versionId) {
      const { compute, resources } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      // It went with the logs, where those were deleted.
      const group = await attempt(`look for ${resourceGroup}`, () =>
        orNotFound(resources.resourceGroups.get(resourceGroup)),
      );
      if (group === undefined && run.ownGroup === true) await takeGroup(azure, run);
      else if (group === undefined) {
        const { location, tags } = run;
        await attempt(`create resource group ${resourceGroup}`, () =>
          resources.resourceGroups.createOrUpdate(resourceGroup, { location, tags }),
        );
      }
      const disk = await finish(
        `copy ${versionId} to disk ${DISK}`,
        () =>
          compute.disks.createOrUpdate(resourceGroup, DISK, {
            location: run.location,
            tags: run.tags,
            sku: { name: 'Premium_LRS' },
            creationData: { createOption: 'FromImage', galleryImageReference: { id: versionId } },
          }),
        (state) => restorePoller(compute, state, compute.disks.createOrUpdate),
      );
      if (disk.id === undefined) throw new TypeError('expected Azure to answer a disk with its id');
      return { diskId: disk.id, diskName: DISK, generation: disk.hyperVGeneration === 'V1' ? 'V1' : 'V2' };
    },

    async removeCopiedDisk(run) {
      const { resources } = azure.clients(run.subscriptionId);
      const { resourceGroup } = run.staging;
      const removal = await removeInOrder(run, [removableDisk(azure, run, DISK)]);
      const rest: string[] = [];
      await attempt(`look into ${resourceGroup}`, async () => {
        if ((await orNotFound(resources.resourceGroups.get(resourceGroup))) === undefined) return;
        for await (const { id = '' } of resources.resources.listByResourceGroup(resourceGroup)) rest.push(id);
      });
      if (rest.length > 0) return removal;
      if (run.ownGroup === true) {
        await releaseGroup(azure, run);
        return removal;
      }
      const group: Removable = {
        what: `resource group ${resourceGroup}`,
        get: () => resources.resourceGroups.get(resourceGroup),
        delete: () => resources.resourceGroups.delete(resourceGroup),
      };
      const { removed, leftovers } = await removeInOrder(run, [group]);
      return { removed: [...removal.removed, ...removed], leftovers: [...removal.leftovers, ...leftovers] };
    },
  };
}

function failedRegions({ replicationStatus }: GalleryImageVersion): string[] {
  return (replicationStatus?.summary ?? []).flatMap(({ region = '', state }) =>
    state === 'Failed' ? [normalizeRegion(region)] : [],
  );
}
