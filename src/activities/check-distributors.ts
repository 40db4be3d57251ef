/** The targets: they must exist, fit the source, and have room for what the build will put there. */
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import type {
  BuildPlan,
  ManagedImageDistributor,
  ResolvedSource,
  SharedImageDistributor,
  VhdDistributor,
} from '../template/build-plan.ts';
import { normalizeRegion, requireResourceId } from '../template/resource-id.ts';
import { onceAllowed } from './once-allowed.ts';
import type { Problems } from './problems.ts';
import { blobIn, findAccount } from './storage-accounts.ts';
import { versionFromSource } from './version-numbers.ts';

export async function checkDistributors(
  azure: Azure,
  plan: BuildPlan,
  source: ResolvedSource | undefined,
  regions: Set<string>,
  forBuild: boolean,
  problems: Problems,
): Promise<void> {
  await Promise.all(
    plan.distribute.map(async (distributor) => {
      const path = `properties.distribute[${distributor.index}]`;
      switch (distributor.type) {
        case 'SharedImage':
          return checkGallery(azure, distributor, source, regions, path, problems);
        case 'ManagedImage':
          return checkImage(azure, plan, distributor, path, problems);
        case 'VHD':
          return checkVhd(azure, plan, distributor, path, forBuild, problems);
      }
    }),
  );
}

async function checkGallery(
  azure: Azure,
  distributor: SharedImageDistributor,
  source: ResolvedSource | undefined,
  regions: Set<string>,
  path: string,
  problems: Problems,
): Promise<void> {
  distributor.targetRegions.forEach(({ name }, index) => {
    if (!regions.has(name)) {
      problems.add(`${path}.targetRegions[${index}].name`, `${name} is not a region of this subscription`);
    }
  });
  const { subscriptionId, resourceGroup, names } = requireResourceId(distributor.imageDefinitionId);
  const [galleryName = '', definitionName = ''] = names;
  const { galleries, galleryImages, galleryImageVersions } = azure.clients(subscriptionId).compute;
  await attempt(`look for image definition ${definitionName}`, async () => {
    const at = `${path}.galleryImageId`;
    const gallery = await orNotFound(galleries.get(resourceGroup, galleryName));
    if (gallery === undefined) return problems.add(at, `no gallery ${galleryName} in resource group ${resourceGroup}`);
    const definition = await orNotFound(galleryImages.get(resourceGroup, galleryName, definitionName));
    if (definition === undefined) {
      return problems.add(at, `no image definition ${definitionName} in gallery ${galleryName}`);
    }
    if (source !== undefined && definition.osType !== source.osType) {
      problems.add(at, `the definition is for ${definition.osType} and the source is ${source.osType}`);
    }
    const generation = definition.hyperVGeneration ?? 'V1';
    if (source !== undefined && generation !== source.hyperVGeneration) {
      problems.add(at, `the definition is of generation ${generation} and the source of ${source.hyperVGeneration}`);
    }
    if (definition.osState !== 'Generalized') {
      problems.add(at, `the definition is for ${definition.osState} images and Kiln makes generalized ones`);
    }
    const version = fixedVersion(distributor, source);
    if (version === undefined && distributor.version.scheme === 'source' && source !== undefined) {
      const from = source.exactVersion ?? 'none';
      problems.add(`${path}.versioning`, `the scheme Source needs a source with a version; this one's is ${from}`);
    }
    if (version !== undefined) {
      const taken = await orNotFound(galleryImageVersions.get(resourceGroup, galleryName, definitionName, version));
      if (taken !== undefined) problems.add(at, `version ${version} exists already and is never overwritten`);
    }
  });
}

/** Known before anything is built; the scheme `latest` takes what is free when it is needed. */
function fixedVersion({ version }: SharedImageDistributor, source: ResolvedSource | undefined): string | undefined {
  switch (version.scheme) {
    case 'explicit':
      return version.version;
    case 'source':
      return versionFromSource(source?.exactVersion);
    case 'latest':
      return undefined;
  }
}

async function checkImage(
  azure: Azure,
  plan: BuildPlan,
  distributor: ManagedImageDistributor,
  path: string,
  problems: Problems,
): Promise<void> {
  const { subscriptionId, resourceGroup, names } = requireResourceId(distributor.imageId);
  const { compute, resources } = azure.clients(subscriptionId);
  await attempt(`look for image ${distributor.imageId}`, async () => {
    if (distributor.location !== plan.template.location) {
      problems.add(
        `${path}.location`,
        `a managed image is made where the machine is, in ${plan.template.location}, not in ${distributor.location}`,
      );
    }
    if ((await orNotFound(resources.resourceGroups.get(resourceGroup))) === undefined) {
      return problems.add(`${path}.imageId`, `no resource group ${resourceGroup}`);
    }
    const existing = await orNotFound(compute.images.get(resourceGroup, names[0] ?? ''));
    if (existing === undefined) return;
    if (normalizeRegion(existing.location) !== distributor.location) {
      problems.add(`${path}.location`, `the image exists already in ${normalizeRegion(existing.location)}`);
    }
    if (existing.tags?.['createdBy'] !== 'kiln') {
      problems.add(`${path}.imageId`, `the image exists and was not made by Kiln, so it is not replaced`);
    }
  });
}

async function checkVhd(
  azure: Azure,
  { template }: BuildPlan,
  { uri }: VhdDistributor,
  path: string,
  forBuild: boolean,
  problems: Problems,
): Promise<void> {
  if (uri === undefined) return;
  const at = `${path}.uri`;
  await attempt(`look for ${uri}`, async () => {
    const account = await findAccount(azure, template.subscriptionId, uri);
    if (account === undefined) {
      return problems.add(at, `no storage account of subscription ${template.subscriptionId} has this address`);
    }
    const { container, name } = blobIn(account, uri);
    if (container === '' || name === '') {
      return problems.add(at, `expected the address of a blob, such as ${account.endpoint}vhds/name.vhd`);
    }
    // A template that stays has put its own there: only who builds now is told.
    if (!forBuild) return;
    const blob = azure.blobs(account.endpoint).getContainerClient(container).getBlobClient(name);
    if (await onceAllowed(() => blob.exists())) {
      problems.add(at, 'there is a blob at this address already, which is never overwritten');
    }
  });
}
