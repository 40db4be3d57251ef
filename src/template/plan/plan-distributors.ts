/** Distributors with their defaults filled: one list of regions, whichever way the template has it. */
import type { PlannedDistributor, SharedImageDistributor, TargetRegion } from '../build-plan.ts';
import { normalizeRegion } from '../resource-id.ts';
import { explicitVersion } from '../schema/distributors.ts';
import type { ImageTemplateProperties } from '../schema/image-template.ts';

type Distributor = ImageTemplateProperties['distribute'][number];
type Gallery = Extract<Distributor, { type: 'SharedImage' }>;

export function planDistributor(distributor: Distributor, index: number, location: string): PlannedDistributor {
  const { runOutputName, artifactTags = {} } = distributor;
  const base = { index, runOutputName, artifactTags };
  switch (distributor.type) {
    case 'ManagedImage': {
      const { imageId } = distributor;
      return { type: 'ManagedImage', ...base, imageId, location: normalizeRegion(distributor.location) };
    }
    case 'VHD': {
      const { uri = '' } = distributor;
      return { type: 'VHD', ...base, ...(uri === '' ? {} : { uri }) };
    }
    case 'SharedImage': {
      const { galleryImageId, excludeFromLatest = false, replicationMode } = distributor;
      return {
        type: 'SharedImage',
        ...base,
        imageDefinitionId: galleryImageId.replace(/\/versions\/[^/]+$/i, ''),
        version: planVersion(distributor),
        targetRegions: planRegions(distributor, location),
        excludeFromLatest,
        ...(replicationMode === 'Shallow' ? { replicationMode } : {}),
      };
    }
  }
}

/** A version in the id is that version, whatever the scheme says. */
function planVersion({ galleryImageId, versioning }: Gallery): SharedImageDistributor['version'] {
  const version = explicitVersion(galleryImageId);
  if (version !== undefined) return { scheme: 'explicit', version };
  if (versioning?.scheme === 'Source') return { scheme: 'source' };
  const major = versioning?.major ?? -1;
  return { scheme: 'latest', ...(major < 0 ? {} : { major }) };
}

/** Without any, the image is where it was built. Azure replicates from there, so the version is there in any case. */
function planRegions(distributor: Gallery, location: string): TargetRegion[] {
  const { targetRegions = [], replicationRegions = [], storageAccountType } = distributor;
  const older = replicationRegions.length === 0 ? [location] : replicationRegions;
  const regions =
    targetRegions.length > 0
      ? targetRegions
      : older.map((name) => ({ name, replicaCount: undefined, storageAccountType }));
  const planned = regions.map(({ name, replicaCount = 1, storageAccountType: type }) => ({
    name: normalizeRegion(name),
    replicaCount,
    storageAccountType: storageType(type),
  }));
  if (planned.some(({ name }) => name === location)) return planned;
  return [...planned, { name: location, replicaCount: 1, storageAccountType: 'Standard_LRS' }];
}

function storageType(given: string | undefined): TargetRegion['storageAccountType'] {
  return given === 'Standard_ZRS' || given === 'Premium_LRS' ? given : 'Standard_LRS';
}
