/** What a disk's or snapshot's body says: its SKU, size, user, and what it was made from. */
import type { Json, JsonObject, Services, StoredResource } from '../../core.ts';
import { type ImageSource, resolveImage } from './image-sources.ts';
import { invalid, object, propertiesOf, text } from './shared.ts';

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

export function osTypeOf(sent: JsonObject, source: ImageSource | undefined): JsonObject {
  const osType = sent['osType'] ?? source?.osType;
  return osType === undefined ? {} : { osType };
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
