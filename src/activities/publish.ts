/** Gallery image versions: published once with every region, watched and retried a region at a time. */
import type { GalleryImageVersion, TargetRegion as AzureTargetRegion } from '@azure/arm-compute';
import type { Azure } from '../azure/environment.ts';
import { attempt, azureDetail, failure, orNotFound, toFailure } from '../azure/errors.ts';
import { finish, watch } from '../azure/operations.ts';
import type { SharedImageDistributor } from '../template/build-plan.ts';
import { normalizeRegion, requireResourceId } from '../template/resource-id.ts';
import type { DistributeActivities, RegionHeartbeat, RegionProgress, RunContext } from './contract.ts';
import { isOurs, outputTags } from './tags.ts';

type PublishActivities = Pick<DistributeActivities, 'publishVersion' | 'awaitRegion' | 'retryRegions'>;

export function createPublishActivities(azure: Azure): PublishActivities {
  return {
    async publishVersion(run, distributor, version, sourceId) {
      const versionId = `${distributor.imageDefinitionId}/versions/${version}`;
      const { versions, path } = locate(azure, versionId);
      const existing = await attempt(`look for version ${version}`, () => orNotFound(versions.get(...path)));
      if (existing !== undefined) {
        // A repeated attempt finds what the first one began.
        if (isOurs(run, existing.tags)) return { versionId: existing.id ?? versionId };
        throw failure('VersionTaken', `version ${version} of ${distributor.imageDefinitionId} exists already`);
      }
      try {
        const poller = versions.createOrUpdate(
          ...path,
          describeVersion(
            run,
            distributor,
            sourceId,
            distributor.targetRegions.map(({ name }) => name),
          ),
        );
        await poller.submitted();
      } catch (error) {
        const { code } = azureDetail(error);
        if (code === 'PropertyChangeNotAllowed') {
          throw failure('VersionTaken', `another build just published version ${version}`, undefined, error);
        }
        throw toFailure(error, `publish version ${version}`);
      }
      return { versionId };
    },

    async awaitRegion(_run, versionId, runOutputName, region) {
      const { versions, path } = locate(azure, versionId);
      let outcome: RegionOutcome = { progress: 0 };
      await watch(
        async () => {
          const version = await attempt(`ask how far ${region.name} is`, () =>
            orNotFound(versions.get(...path, { expand: 'ReplicationStatus' })),
          );
          outcome =
            version === undefined
              ? { state: 'Failed', progress: 0, message: 'the version is gone' }
              : regionOutcome(version, region.name);
          return outcome.state !== undefined;
        },
        (): RegionHeartbeat => ({ runOutputName, region: region.name, progress: outcome.progress }),
      );
      return describeOutcome(outcome);
    },

    async retryRegions(run, distributor, version, machineId, regions) {
      const versionId = `${distributor.imageDefinitionId}/versions/${version}`;
      const { versions, path } = locate(azure, versionId);
      const names = distributor.targetRegions.map(({ name }) => name);
      const finished = names.filter((name) => !regions.includes(name));
      // Azure takes up a failed region only when it was dropped from the complete set and then added to it again.
      if (finished.length > 0) {
        await finish(`drop ${regions.join(', ')} from version ${version}`, () =>
          versions.createOrUpdate(...path, describeVersion(run, distributor, machineId, finished)),
        );
      }
      await attempt(`add ${regions.join(', ')} to version ${version}`, async () => {
        const poller = versions.createOrUpdate(...path, describeVersion(run, distributor, machineId, names));
        await poller.submitted();
      });
      // The states of the former try are still answered until Azure has taken this one up.
      const waitingFor = `Azure to try ${regions.join(', ')} again`;
      await watch(
        async () => {
          const current = await attempt(`wait for ${waitingFor}`, () =>
            versions.get(...path, { expand: 'ReplicationStatus' }),
          );
          return regions.some((name) => regionOutcome(current, name).state !== 'Failed') || isSettled(current);
        },
        () => ({ waitingFor }),
      );
    },
  };
}

interface RegionOutcome {
  /** Undefined while it goes on. */
  state?: 'Succeeded' | 'Failed';
  progress: number;
  message?: string;
}

function describeOutcome({ state = 'Failed', message }: RegionOutcome): RegionProgress {
  return { state, ...(message === undefined ? {} : { message }) };
}

function regionOutcome(version: GalleryImageVersion, name: string): RegionOutcome {
  const status = version.replicationStatus?.summary?.find(({ region = '' }) => normalizeRegion(region) === name);
  const progress = status?.progress ?? 0;
  if (status?.state === 'Completed') return { state: 'Succeeded', progress: 100 };
  if (status?.state === 'Failed') {
    return { state: 'Failed', progress, message: status.details ?? 'Azure gave no reason' };
  }
  // A version that failed as a whole leaves its regions unknown.
  if (version.provisioningState === 'Failed') {
    return { state: 'Failed', progress, message: status?.details ?? 'the version failed before it was replicated' };
  }
  return { progress };
}

const isSettled = ({ provisioningState }: GalleryImageVersion): boolean =>
  provisioningState === 'Succeeded' || provisioningState === 'Failed';

function describeVersion(
  run: RunContext,
  distributor: SharedImageDistributor,
  sourceId: string,
  regions: string[],
): GalleryImageVersion {
  const targetRegions: AzureTargetRegion[] = distributor.targetRegions
    .filter(({ name }) => regions.includes(name))
    .map(({ name, replicaCount, storageAccountType }) => ({
      name,
      regionalReplicaCount: replicaCount,
      storageAccountType,
    }));
  return {
    location: run.location,
    tags: outputTags(run, distributor.artifactTags),
    publishingProfile: {
      targetRegions,
      excludeFromLatest: distributor.excludeFromLatest,
      ...(distributor.replicationMode === undefined ? {} : { replicationMode: distributor.replicationMode }),
    },
    storageProfile: { source: isMachine(sourceId) ? { virtualMachineId: sourceId } : { id: sourceId } },
  };
}

const isMachine = (id: string): boolean => /\/virtualMachines\//i.test(id);

function locate(azure: Azure, versionId: string) {
  const { subscriptionId, resourceGroup, names } = requireResourceId(versionId);
  const [gallery = '', definition = '', version = ''] = names;
  return {
    versions: azure.clients(subscriptionId).compute.galleryImageVersions,
    path: [resourceGroup, gallery, definition, version] as const,
  };
}
