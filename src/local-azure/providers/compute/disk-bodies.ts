/** What a disk's or snapshot's body says: its SKU, size, user, and what it was made from. How it is shown: disk-answers.ts. */
import { ArmError, type Json, type JsonObject, type Services, type StoredResource } from '../../core.ts';
import { type ImageSource, resolveImage } from './image-sources.ts';
import { idIn, invalid, object, propertiesOf, text } from './shared.ts';

export function skuOf(sent: Json | undefined): JsonObject {
  const name = text(object(sent)['name']) || 'Standard_LRS';
  return { name, tier: name.split(/_|SSD/)[0] ?? name };
}

/** A write keeps the machine that a disk is attached to. */
export const userOf = ({ body }: StoredResource): JsonObject =>
  body['managedBy'] === undefined ? {} : { managedBy: body['managedBy'] };

export const sized = (sizeGB: Json | undefined): JsonObject =>
  typeof sizeGB === 'number' ? { diskSizeGB: sizeGB, diskSizeBytes: sizeGB * 1024 ** 3 } : {};

export const resized = (sizeGB: Json | undefined): JsonObject => (typeof sizeGB === 'number' ? { sizeGB } : {});

/** What a write may change of a disk that exists, beside its size. */
export function changeable(sent: JsonObject): JsonObject {
  const changed = Object.entries(sent).filter(([key]) => CHANGEABLE.has(key));
  return { ...Object.fromEntries(changed), ...accessOf(sent) };
}

const CHANGEABLE = new Set([
  'networkAccessPolicy',
  'publicNetworkAccess',
  'osType',
  'tier',
  'encryption',
  'maxShares',
  'burstingEnabled',
  'diskIOPSReadWrite',
  'diskMBpsReadWrite',
  'supportsHibernation',
  'supportedCapabilities',
  'purchasePlan',
  'dataAccessAuthMode',
  'optimizedForFrequentAttach',
]);

/** The access that a disk names is kept with its group in capitals, as recorded. */
export function accessOf({ diskAccessId }: JsonObject): JsonObject {
  if (typeof diskAccessId !== 'string') return {};
  return { diskAccessId: diskAccessId.replace(/(?<=\/resourceGroups\/)[^/]+/i, (group) => group.toUpperCase()) };
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
const copiedFrom = (creation: JsonObject): string =>
  idIn({ id: text(creation['sourceResourceId'] ?? creation['sourceUri']) }) ?? '';

export function shownCreation({ store }: Services, { sourceUri: _older, ...creation }: JsonObject): JsonObject {
  if (creation['createOption'] !== 'Copy') return creation;
  const copied = store.get(copiedFrom({ ...creation, ...(_older === undefined ? {} : { sourceUri: _older }) }));
  const unique = copied === undefined ? undefined : propertiesOf(copied)['uniqueId'];
  const sourceResourceId = creation['sourceResourceId'] ?? _older ?? '';
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
    case 'Import': {
      const blob = text(creation['sourceUri']);
      const account = /^https?:\/\/([^./]+)\.blob\./.exec(blob)?.[1];
      const held = services.store.list({ type: 'Microsoft.Storage/storageAccounts' });
      if (held.some(({ body }) => body['name'] === account && body['location'] === location)) break;
      throw new ArmError(400, 'BadRequest', `The source blob ${blob} does not belong to the same region as the disk.`);
    }
  }
  throw invalid(
    'creationData.createOption',
    `The value '${option}' of parameter 'createOption' is not supported here.`,
  );
}
