/** The source image as Azure has it: `latest` becomes an exact version, and what it is (system, generation) is known. */
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import type { BuildPlan, ResolvedSource } from '../template/build-plan.ts';
import { normalizeRegion, requireResourceId } from '../template/resource-id.ts';
import { planOf } from './gallery-reference.ts';
import type { Problems } from './problems.ts';
import { resolveOthersGalleryImage } from './resolve-others-gallery.ts';
import { highestVersion } from './version-numbers.ts';

const PATH = 'properties.source';

/** Undefined, with the reason among the problems, where there is no such image in the build's region. */
export async function resolveSource(
  azure: Azure,
  plan: BuildPlan,
  problems: Problems,
): Promise<ResolvedSource | undefined> {
  const { source } = plan;
  switch (source.type) {
    case 'PlatformImage':
      return resolvePlatformImage(azure, plan, source, problems);
    case 'ManagedImage':
      return resolveManagedImage(azure, plan, source.imageId, problems);
    case 'SharedImageVersion':
      return (source.gallery ?? 'own') === 'own'
        ? resolveGalleryImage(azure, plan, source.imageVersionId, problems)
        : resolveOthersGalleryImage(azure, plan, source.imageVersionId, problems);
  }
}

async function resolvePlatformImage(
  azure: Azure,
  { template }: BuildPlan,
  source: Extract<BuildPlan['source'], { type: 'PlatformImage' }>,
  problems: Problems,
): Promise<ResolvedSource | undefined> {
  const { location, subscriptionId } = template;
  const { publisher, offer, sku, version } = source;
  const images = azure.clients(subscriptionId).compute.virtualMachineImages;
  const name = `${publisher}:${offer}:${sku}`;
  const exact =
    version === 'latest'
      ? await attempt(`list versions of ${name}`, async () => {
          const all = (await orNotFound(images.list(location, publisher, offer, sku))) ?? [];
          return latestPlatformVersion(all.flatMap((image) => image.name ?? []));
        })
      : version;
  const image =
    exact === undefined
      ? undefined
      : await attempt(`look for ${name}:${exact}`, () =>
          orNotFound(images.get(location, publisher, offer, sku, exact)),
        );
  if (exact === undefined || image === undefined) {
    problems.add(PATH, `${name}:${version} is not in the marketplace of ${location}`);
    return undefined;
  }
  const needed = image.plan;
  if (needed !== undefined && source.plan === undefined) {
    const wanted = `planName ${needed.name}, planProduct ${needed.product}, planPublisher ${needed.publisher}`;
    problems.add(`${PATH}.planInfo`, `${name} is sold under a plan and needs planInfo: ${wanted}`);
  }
  return {
    type: 'PlatformImage',
    description: `${name}:${exact}`,
    exactVersion: exact,
    id:
      image.id ??
      `/Subscriptions/${subscriptionId}/Providers/Microsoft.Compute/Locations/${location}/Publishers/${publisher}/ArtifactTypes/VMImage/Offers/${offer}/Skus/${sku}/Versions/${exact}`,
    osType: image.osDiskImage?.operatingSystem ?? 'Linux',
    hyperVGeneration: image.hyperVGeneration === 'V2' ? 'V2' : 'V1',
    ...(source.plan === undefined ? {} : { plan: source.plan }),
  };
}

/** Marketplace versions have three or four numbers of any length: compared part by part, as Azure orders them. */
export function latestPlatformVersion(versions: string[]): string | undefined {
  return versions.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true })).at(-1);
}

async function resolveManagedImage(
  azure: Azure,
  { template }: BuildPlan,
  imageId: string,
  problems: Problems,
): Promise<ResolvedSource | undefined> {
  const { subscriptionId, resourceGroup, names } = requireResourceId(imageId);
  if (subscriptionId.toLowerCase() !== template.subscriptionId.toLowerCase()) {
    problems.add(`${PATH}.imageId`, `expected an image of the build's own subscription ${template.subscriptionId}`);
    return undefined;
  }
  const { images } = azure.clients(subscriptionId).compute;
  const image = await attempt(`look for image ${imageId}`, () => orNotFound(images.get(resourceGroup, names[0] ?? '')));
  if (image?.id === undefined) {
    problems.add(`${PATH}.imageId`, `no managed image ${imageId}`);
    return undefined;
  }
  if (normalizeRegion(image.location) !== template.location) {
    problems.add(
      `${PATH}.imageId`,
      `the image is in ${normalizeRegion(image.location)}, and must be in the build's region ${template.location}`,
    );
  }
  const disk = image.storageProfile?.osDisk;
  return {
    type: 'ManagedImage',
    description: image.id,
    id: image.id,
    osType: disk?.osType === 'Windows' ? 'Windows' : 'Linux',
    hyperVGeneration: image.hyperVGeneration === 'V2' ? 'V2' : 'V1',
    ...(disk?.diskSizeGB === undefined ? {} : { osDiskSizeGB: disk.diskSizeGB }),
  };
}

async function resolveGalleryImage(
  azure: Azure,
  { template }: BuildPlan,
  imageVersionId: string,
  problems: Problems,
): Promise<ResolvedSource | undefined> {
  const path = `${PATH}.imageVersionId`;
  const { subscriptionId, resourceGroup, names } = requireResourceId(imageVersionId);
  const [gallery = '', definitionName = '', asked = ''] = names;
  const { galleryImages, galleryImageVersions } = azure.clients(subscriptionId).compute;
  return attempt(`look for ${imageVersionId}`, async () => {
    const definition = await orNotFound(galleryImages.get(resourceGroup, gallery, definitionName));
    if (definition === undefined) {
      problems.add(path, `no image definition ${definitionName} in gallery ${gallery}`);
      return undefined;
    }
    const version = asked.toLowerCase() === 'latest' ? await latest() : asked;
    const image =
      version === undefined
        ? undefined
        : await orNotFound(galleryImageVersions.get(resourceGroup, gallery, definitionName, version));
    if (version === undefined || image?.id === undefined) {
      problems.add(path, `no version ${asked} of ${definitionName} in gallery ${gallery}`);
      return undefined;
    }
    const regions = image.publishingProfile?.targetRegions?.map(({ name }) => normalizeRegion(name)) ?? [];
    if (!regions.includes(template.location)) {
      problems.add(path, `version ${version} is not replicated to ${template.location}, only to ${regions.join(', ')}`);
    }
    const sizeInGB = image.storageProfile?.osDiskImage?.sizeInGB;
    return {
      type: 'SharedImageVersion' as const,
      description: image.id,
      exactVersion: version,
      id: image.id,
      ...(sizeInGB === undefined ? {} : { osDiskSizeGB: sizeInGB }),
      osType: definition.osType === 'Windows' ? ('Windows' as const) : ('Linux' as const),
      hyperVGeneration: definition.hyperVGeneration === 'V2' ? ('V2' as const) : ('V1' as const),
      ...planOf(definition.purchasePlan),
    };
  });

  async function latest(): Promise<string | undefined> {
    const usable: string[] = [];
    for await (const image of galleryImageVersions.listByGalleryImage(resourceGroup, gallery, definitionName)) {
      const excluded = image.publishingProfile?.excludeFromLatest ?? false;
      if (image.name !== undefined && !excluded && image.provisioningState === 'Succeeded') usable.push(image.name);
    }
    return highestVersion(usable);
  }
}
