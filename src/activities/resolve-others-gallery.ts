/** Images of galleries that others share, directly or with everybody: known by the gallery's unique name in a region. */
import type { Azure } from '../azure/environment.ts';
import { attempt, orNotFound } from '../azure/errors.ts';
import type { BuildPlan, ResolvedSource } from '../template/build-plan.ts';
import { planOf } from './gallery-reference.ts';
import type { Problems } from './problems.ts';
import { highestVersion } from './version-numbers.ts';

const PATH = 'properties.source.imageVersionId';

export async function resolveOthersGalleryImage(
  azure: Azure,
  { template }: BuildPlan,
  imageVersionId: string,
  problems: Problems,
): Promise<ResolvedSource | undefined> {
  const { location, subscriptionId } = template;
  const [, kind = '', gallery = '', , image = '', , asked = ''] = imageVersionId.split('/');
  const { compute } = azure.clients(subscriptionId);
  const [images, versions] =
    kind.toLowerCase() === 'communitygalleries'
      ? [compute.communityGalleryImages, compute.communityGalleryImageVersions]
      : [compute.sharedGalleryImages, compute.sharedGalleryImageVersions];
  return attempt(`look for ${imageVersionId}`, async () => {
    const definition = await orNotFound(images.get(location, gallery, image));
    if (definition === undefined) {
      problems.add(PATH, `no image ${image} in a gallery ${gallery} that is shared with ${location}`);
      return undefined;
    }
    let version: string | undefined = asked;
    if (asked.toLowerCase() === 'latest') {
      const usable: string[] = [];
      for await (const { name, excludeFromLatest } of versions.list(location, gallery, image)) {
        if (name !== undefined && excludeFromLatest !== true) usable.push(name);
      }
      version = highestVersion(usable);
    }
    const found = version === undefined ? undefined : await orNotFound(versions.get(location, gallery, image, version));
    if (version === undefined || found === undefined) {
      problems.add(PATH, `no version ${asked} of ${image} in gallery ${gallery} is replicated to ${location}`);
      return undefined;
    }
    const id = `/${kind}/${gallery}/images/${image}/versions/${version}`;
    return {
      type: 'SharedImageVersion' as const,
      description: id,
      exactVersion: version,
      id,
      osType: definition.osType === 'Windows' ? ('Windows' as const) : ('Linux' as const),
      hyperVGeneration: definition.hyperVGeneration === 'V2' ? ('V2' as const) : ('V1' as const),
      ...planOf(definition.purchasePlan),
    };
  });
}
