/** What a disk's or snapshot's body says: its SKU, size, user, and what it was made from. */
import type { ArmRequest, Json, JsonObject, Services, StoredResource } from '../../core.ts';
import { type ImageSource, resolveImage } from './image-sources.ts';
import { invalid, object, propertiesOf, text, TYPES, type Show } from './shared.ts';

export function skuOf(sent: Json | undefined): JsonObject {
  const name = text(object(sent)['name']) || 'Standard_LRS';
  return { name, tier: name.split(/_|SSD/)[0] ?? name };
}

/** Operations and megabytes a second by size in GB, of Premium disks; Standard ones have 500 and 60 up to 4 TB. */
const PREMIUM: Array<[upTo: number, iops: number, mbps: number]> = [
  [16, 120, 25],
  [64, 240, 50],
  [128, 500, 100],
  [256, 1100, 125],
  [512, 2300, 150],
  [1024, 5000, 200],
];

function performance(sku: JsonObject, sizeGB: number): JsonObject {
  const premium = text(sku['name']).startsWith('Premium');
  const [, iops, mbps] = (premium ? PREMIUM.find(([upTo]) => sizeGB <= upTo) : undefined) ?? [
    0,
    premium ? 7500 : 500,
    premium ? 250 : 60,
  ];
  return { diskIOPSReadWrite: iops, diskMBpsReadWrite: mbps };
}

/** The whole body, less what older versions of the API do not know. */
export const showDisk: Show = ({ type, body }, apiVersion) => {
  const { networkAccessPolicy, publicNetworkAccess, ...properties } = object(body['properties']);
  return {
    ...body,
    properties: {
      ...properties,
      ...(type === TYPES.disk ? performance(object(body['sku']), Number(properties['diskSizeGB'])) : {}),
      ...(networkAccessPolicy === undefined || apiVersion < '2020-05-01' ? {} : { networkAccessPolicy }),
      ...(publicNetworkAccess === undefined || apiVersion < '2021-08-01' ? {} : { publicNetworkAccess }),
    },
  };
};

/** A write is answered with what was sent and, once it exists, with its SKU; the rest is known when it is done. */
export function acceptedDisk(
  services: Services,
  request: ArmRequest,
  existing: StoredResource | undefined,
): (resource: StoredResource) => JsonObject {
  const { apiVersion, method, body: sent = {} } = request;
  return ({ id, type, body }) => {
    const held = object(body['properties']);
    const properties = object(sent['properties']);
    const creation = object(properties['creationData']);
    const { sourceUniqueId } = shownCreation(services, creation);
    const { sourceUniqueId: _known, ...heldCreation } = object(held['creationData']);
    const shown: JsonObject =
      method === 'PATCH'
        ? { creationData: heldCreation, diskSizeGB: held['diskSizeGB'] ?? 0, ...properties }
        : {
            ...properties,
            creationData: {
              ...creation,
              ...(sourceUniqueId === undefined || apiVersion >= '2020-12-01' ? {} : { sourceUniqueId }),
            },
          };
    const named = type === TYPES.disk || sent['name'] !== undefined;
    return {
      ...(named ? { name: body['name'] ?? '' } : {}),
      ...(apiVersion < '2020-09-30' ? {} : { id }),
      ...(apiVersion < '2020-12-01' ? {} : { type }),
      location: body['location'] ?? '',
      ...(sent['tags'] === undefined ? {} : { tags: sent['tags'] }),
      ...(sent['sku'] === undefined ? {} : { sku: sent['sku'] }),
      ...(existing !== undefined && (type === TYPES.snapshot || method === 'PATCH') ? { sku: body['sku'] ?? {} } : {}),
      properties: {
        ...shown,
        provisioningState: 'Updating',
        ...(apiVersion < '2020-12-01' ? { isArmResource: true } : {}),
        ...(apiVersion < '2020-12-01' && existing !== undefined ? { colocationConstraints: {} } : {}),
        ...(apiVersion < '2020-12-01' && existing !== undefined && type === TYPES.snapshot ? { faultDomain: 0 } : {}),
      },
    };
  };
}

/** A write keeps the machine that a disk is attached to. */
export const userOf = ({ body }: StoredResource): JsonObject =>
  body['managedBy'] === undefined ? {} : { managedBy: body['managedBy'] };

export const sized = (sizeGB: Json | undefined): JsonObject =>
  typeof sizeGB === 'number' ? { diskSizeGB: sizeGB, diskSizeBytes: sizeGB * 1024 ** 3 } : {};

export const resized = (sizeGB: Json | undefined): JsonObject => (typeof sizeGB === 'number' ? { sizeGB } : {});

/** What a write may change of a disk that exists, beside its size. */
export function changeable({ networkAccessPolicy, publicNetworkAccess, osType, tier }: JsonObject): JsonObject {
  const changed = { networkAccessPolicy, publicNetworkAccess, osType, tier };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** A disk that was made empty has no operating system, nor has a copy of it. */
function system(services: Services, key: 'osType' | 'hyperVGeneration', creation: JsonObject, of?: string): JsonObject {
  const copied = services.store.get(copiedFrom(creation));
  const value = copied === undefined ? of : propertiesOf(copied)[key];
  return value === undefined ? {} : { [key]: value };
}

export function osTypeOf(services: Services, sent: JsonObject, creation: JsonObject, source?: ImageSource): JsonObject {
  return sent['osType'] === undefined
    ? system(services, 'osType', creation, source?.osType)
    : { osType: sent['osType'] };
}

export function generationOf(
  services: Services,
  sent: JsonObject,
  creation: JsonObject,
  source: ImageSource | undefined,
): JsonObject {
  const { hyperVGeneration } = sent;
  return hyperVGeneration === undefined
    ? system(services, 'hyperVGeneration', creation, source?.generation)
    : { hyperVGeneration };
}

/** Older versions of the API name the source of a copy `sourceUri`; it is answered as `sourceResourceId`. */
const copiedFrom = (creation: JsonObject): string => text(creation['sourceResourceId'] ?? creation['sourceUri']);

export function shownCreation({ store }: Services, { sourceUri: _older, ...creation }: JsonObject): JsonObject {
  if (creation['createOption'] !== 'Copy') return creation;
  const sourceResourceId = copiedFrom({ ...creation, ...(_older === undefined ? {} : { sourceUri: _older }) });
  const copied = store.get(sourceResourceId);
  const unique = copied === undefined ? undefined : propertiesOf(copied)['uniqueId'];
  return { ...creation, sourceResourceId, ...(unique === undefined ? {} : { sourceUniqueId: unique }) };
}

export function sourceOf(services: Services, creation: JsonObject, location: string): ImageSource | undefined {
  const option = text(creation['createOption']);
  switch (option) {
    case 'FromImage': {
      const gallery = creation['galleryImageReference'];
      const reference = gallery ?? creation['imageReference'];
      return resolveImage(services, object(reference), 'creationData.imageReference', location);
    }
    case 'Copy':
      return resolveImage(services, { id: copiedFrom(creation) }, 'creationData.sourceResourceId', location);
    case 'Empty':
      return undefined;
    default:
      throw invalid(
        'creationData.createOption',
        `The value '${option}' of parameter 'createOption' is not supported here.`,
      );
  }
}
