/** What an image reference stands for: its content, its operating system and generation. */
import { ArmError, type JsonObject, LOCAL_SUBSCRIPTION, type Services, type StoredResource } from '../../core.ts';
import { normalizeRegion } from '../../regions.ts';
import { parseResourceId } from '../../resource-id.ts';
import { exactVersion, findImage } from './catalogue.ts';
import type { ImageDataDisk } from './image-data-disks.ts';
import { sharedVersion } from './shared-galleries.ts';
import { idIn, invalid, list, object, propertiesOf, text, TYPES } from './shared.ts';

export interface ImageSource {
  osType: 'Linux' | 'Windows';
  generation: 'V1' | 'V2';
  sizeGB: number;
  plan?: { name: string; product: string; publisher: string };
  /** Of a disk or snapshot. */
  storageAccountType?: string;
  /** Nothing says which system it is: made from an empty disk. */
  blank?: true;
  dataDisks?: ImageDataDisk[];
  /** What `latest` or a definition stood for. */
  exactVersion?: string;
  /** `platform:` and the urn, or the content of a resource. */
  content: { urn: string } | { ref: string };
}

const PLATFORM_ID =
  /\/locations\/[^/]+\/publishers\/([^/]+)\/artifacttypes\/vmimage\/offers\/([^/]+)\/skus\/([^/]+)\/versions\/([^/]+)$/i;

/**
 * Resolves `{publisher, offer, sku, version}` or `{id}` for use in `location`. Throws ArmError in Azure's words for what
 * is not there.
 */
export function resolveImage(services: Services, reference: JsonObject, target: string, location: string): ImageSource {
  const shared = reference['sharedGalleryImageId'] ?? reference['communityGalleryImageId'];
  const id = typeof shared === 'string' ? sharedId(services, shared, target) : idIn(reference);
  if (id === undefined) {
    const { publisher, offer, sku, version } = reference;
    return platformImage(text(publisher), text(offer), text(sku), text(version), target);
  }
  const platform = PLATFORM_ID.exec(id);
  if (platform !== null) {
    const [, publisher = '', offer = '', sku = '', version = ''] = platform;
    return platformImage(publisher, offer, sku, version, target);
  }
  const type = parseResourceId(id).type?.toLowerCase();
  const resource = type === TYPES.definition.toLowerCase() ? newestVersion(services, id) : services.store.get(id);
  if (resource === undefined) {
    throw new ArmError(404, 'NotFound', `The Image '${id}' referenced by '${target}' was not found.`, target);
  }
  refuseElsewhere(resource, location);
  return describe(services, resource, target);
}

/** The version or definition that an id without a resource group stands for. */
function sharedId(services: Services, shared: string, target: string): string {
  const found = sharedVersion(services, shared, LOCAL_SUBSCRIPTION);
  if (found !== undefined) return found.id;
  throw new ArmError(404, 'GalleryImageNotFound', `The gallery image ${shared} is not available.`, target);
}

/** A gallery version is where it was replicated to, all else in its own region. */
function refuseElsewhere(resource: StoredResource, location: string): void {
  const { id, type, body, hidden } = resource;
  if (type === TYPES.version) {
    const regions = list(object(propertiesOf(resource)['publishingProfile'])['targetRegions']);
    const targeted = regions.some(({ name }) => normalizeRegion(text(name)) === location);
    if (targeted && object(hidden['states'])[location] !== 'Failed') return;
    throw new ArmError(
      404,
      'GalleryImageNotFound',
      `The gallery image ${id} is not available in ${location} region. Please contact image owner to replicate to this region, or change your requested region.`,
      'imageReference',
    );
  }
  if (body['location'] !== location) {
    throw new ArmError(404, 'NotFound', `The resource '${id}' cannot be found in '${location}' region.`);
  }
}

function platformImage(publisher: string, offer: string, sku: string, version: string, target: string): ImageSource {
  const image = findImage(publisher, offer, sku);
  const exact = image === undefined ? undefined : exactVersion(image, version);
  if (image === undefined || exact === undefined) {
    throw new ArmError(
      404,
      'PlatformImageNotFound',
      `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct.`,
      target,
    );
  }
  return {
    osType: image.osType,
    generation: image.generation,
    sizeGB: image.osType === 'Windows' ? 127 : 30,
    content: { urn: `${image.publisher}:${image.offer}:${image.sku}:${exact}` },
    exactVersion: exact,
    ...(image.plan === undefined ? {} : { plan: image.plan }),
  };
}

/** The content of a managed image, image version, disk or snapshot. */
function describe(services: Services, resource: StoredResource, target: string): ImageSource {
  const { content, osType, generation, sizeGB, dataDisks } = resource.hidden;
  if (text(propertiesOf(resource)['provisioningState']) === 'Creating' || typeof content !== 'string') {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The resource '${resource.id}' referenced by '${target}' is not ready to be used.`,
      target,
    );
  }
  const definition = resource.type === TYPES.version ? parentOf(services, resource) : undefined;
  const sku = object(resource.body['sku']);
  const isDisk = resource.type === TYPES.disk || resource.type === TYPES.snapshot;
  const generationOf = definition === undefined ? generation : propertiesOf(definition)['hyperVGeneration'];
  return {
    osType: osType === 'Windows' ? 'Windows' : 'Linux',
    generation: generationOf === 'V2' ? 'V2' : 'V1',
    sizeGB: typeof sizeGB === 'number' ? sizeGB : 30,
    content: { ref: content },
    ...(Array.isArray(dataDisks) ? { dataDisks: dataDisks as unknown as ImageDataDisk[] } : {}),
    ...(typeof sku['name'] === 'string' ? { storageAccountType: sku['name'] } : {}),
    ...(isDisk && propertiesOf(resource)['osType'] === undefined ? { blank: true } : {}),
    ...(definition === undefined ? {} : { exactVersion: text(resource.body['name']) }),
  };
}

function newestVersion(services: Services, definitionId: string): StoredResource | undefined {
  return services.store
    .list({ type: TYPES.version, under: definitionId })
    .filter((version) => {
      const { publishingProfile, provisioningState } = propertiesOf(version);
      return object(publishingProfile)['excludeFromLatest'] !== true && provisioningState !== 'Creating';
    })
    .toSorted((left, right) => text(left.body['name']).localeCompare(text(right.body['name']), 'en', { numeric: true }))
    .at(-1);
}

export function parentOf({ store }: Services, child: StoredResource): StoredResource | undefined {
  return store.get(child.id.split('/').slice(0, -2).join('/'));
}

/** A private copy of the image's content under `key`; slow for a platform image the first time. */
export async function copyOf(services: Services, source: ImageSource, key: string): Promise<string> {
  const { machines } = services;
  const from =
    'ref' in source.content ? source.content.ref : await machines.platformContent(source.content.urn, source.osType);
  return machines.copyContent(from, key);
}

/** A machine as the source of an image: only a generalized one will do. */
export function requireGeneralized(services: Services, machineId: string, target: string): StoredResource {
  const machine = services.store.get(machineId);
  if (machine === undefined) {
    throw invalid(target, `The source virtual machine '${machineId}' was not found.`);
  }
  if (machine.hidden['generalized'] !== true) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The source virtual machine '${text(machine.body['name'])}' must be generalized before an image can be made from it.`,
      target,
    );
  }
  return machine;
}

/** The disk that a machine boots from. */
export function osDiskOf(services: Services, machine: StoredResource): StoredResource | undefined {
  const { osDisk } = object(propertiesOf(machine)['storageProfile']);
  const id = idIn(object(osDisk)['managedDisk']);
  return id === undefined ? undefined : services.store.get(id);
}
