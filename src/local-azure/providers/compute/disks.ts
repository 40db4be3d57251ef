/** Managed disks and snapshots: what they hold, who uses them, and the signed address by which they are read. */
import {
  ArmError,
  type ArmRequest,
  type AsyncForm,
  type Json,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { closeAccess, openAccess } from './disk-access.ts';
import { copyOf, resolveImage, type ImageSource } from './image-sources.ts';
import {
  acceptAction,
  acceptWrite,
  contentKey,
  deleteRoute,
  GROUP_PATH,
  idIn,
  invalid,
  object,
  propertiesOf,
  readRoutes,
  registerWrite,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
  update,
} from './shared.ts';

const FORM: AsyncForm = { segment: 'DiskOperations', headers: 'both', retryAfter: 2 };

export function diskRoutes(services: Services, type: typeof TYPES.disk | typeof TYPES.snapshot): Route[] {
  const path = `${GROUP_PATH}/providers/${type}/{name}`;
  return [
    { method: 'PUT', path, handle: (request) => writeDisk(services, type, request) },
    {
      method: 'PATCH',
      path,
      handle: (request) => {
        const disk = requireResource(services.store, request.id);
        const { diskSizeGB } = object(request.body?.['properties']);
        return acceptWrite(
          services,
          { ...request, body: { ...disk.body, ...request.body } },
          {
            type,
            location: text(disk.body['location']),
            body: { sku: skuOf(request.body?.['sku'] ?? disk.body['sku']), ...userOf(disk) },
            properties: { ...propertiesOf(disk), ...sized(diskSizeGB) },
            hidden: resized(diskSizeGB),
            form: FORM,
            status: 202,
          },
        );
      },
    },
    ...readRoutes(services, type),
    deleteRoute(services, type, path, FORM, (disk) => {
      refuseWhileBusy(services, disk);
      const user = text(disk.body['managedBy']);
      if (user !== '') {
        throw new ArmError(409, 'OperationNotAllowed', `Disk ${text(disk.body['name'])} is attached to VM ${user}.`);
      }
    }),
    {
      method: 'POST',
      path: `${path}/beginGetAccess`,
      handle(request) {
        const disk = requireResource(services.store, request.id);
        refuseWhileBusy(services, disk);
        if (propertiesOf(disk)['diskState'] === 'Attached') {
          throw new ArmError(
            409,
            'OperationNotAllowed',
            `Cannot grant access to disk ${text(disk.body['name'])} while it is attached to running VM ${text(disk.body['managedBy'])}.`,
          );
        }
        const { durationInSeconds } = object(request.body);
        return acceptAction(services, request, disk, `${type}/beginGetAccess`, FORM, {
          seconds: typeof durationInSeconds === 'number' ? durationInSeconds : 3600,
        });
      },
    },
    {
      method: 'POST',
      path: `${path}/endGetAccess`,
      handle: (request) =>
        acceptAction(services, request, requireResource(services.store, request.id), `${type}/endGetAccess`, FORM),
    },
  ];
}

function writeDisk(services: Services, type: string, request: ArmRequest) {
  const location = requireRegion(request.body?.['location'], type);
  const existing = services.store.get(request.id);
  const sent = object(request.body?.['properties']);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    return acceptWrite(services, request, {
      type,
      location,
      body: { sku: skuOf(request.body?.['sku'] ?? existing.body['sku']), ...userOf(existing) },
      properties: { ...propertiesOf(existing), ...sized(sent['diskSizeGB']) },
      hidden: resized(sent['diskSizeGB']),
      form: FORM,
      status: 202,
    });
  }
  const creation = object(sent['creationData']);
  const source = sourceOf(services, creation, location);
  const sizeGB = Number(sent['diskSizeGB'] ?? source?.sizeGB ?? 0);
  if (sizeGB <= 0) throw invalid('diskSizeGB', "Required parameter 'diskSizeGB' is missing (null).");
  if (source !== undefined && sizeGB < source.sizeGB) {
    throw invalid(
      'diskSizeGB',
      `The disk size ${sizeGB} GB is smaller than the size of its source, ${source.sizeGB} GB.`,
    );
  }
  const id = uniqueId();
  return acceptWrite(services, request, {
    type,
    location,
    keep: ['zones'],
    body: { sku: skuOf(request.body?.['sku']) },
    properties: {
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      ...sent,
      creationData: shownCreation(services, creation),
      ...osTypeOf(sent, source),
      hyperVGeneration: sent['hyperVGeneration'] ?? source?.generation ?? 'V1',
      diskSizeGB: sizeGB,
      diskSizeBytes: sizeGB * 1024 ** 3,
      uniqueId: id,
      timeCreated: services.now().toISOString(),
      provisioningState: 'Updating',
      diskState: 'Unattached',
      ...(type === TYPES.snapshot ? { incremental: sent['incremental'] ?? false } : {}),
    },
    hidden: {
      key: contentKey('disk', id),
      sizeGB,
      osType: source?.osType ?? 'Linux',
      generation: source?.generation ?? 'V1',
      ...(source === undefined ? {} : { source: source as unknown as JsonObject }),
    },
    form: FORM,
    status: 202,
  });
}

function skuOf(sent: Json | undefined): JsonObject {
  const name = text(object(sent)['name']) || 'Standard_LRS';
  return { name, tier: name.split(/_|SSD/)[0] ?? name };
}

/** A write keeps the machine that a disk is attached to. */
const userOf = ({ body }: StoredResource): JsonObject =>
  body['managedBy'] === undefined ? {} : { managedBy: body['managedBy'] };

const sized = (sizeGB: Json | undefined): JsonObject =>
  typeof sizeGB === 'number' ? { diskSizeGB: sizeGB, diskSizeBytes: sizeGB * 1024 ** 3 } : {};

const resized = (sizeGB: Json | undefined): JsonObject => (typeof sizeGB === 'number' ? { sizeGB } : {});

function osTypeOf(sent: JsonObject, source: ImageSource | undefined): JsonObject {
  const osType = sent['osType'] ?? source?.osType;
  return osType === undefined ? {} : { osType };
}

/** Older versions of the API name the source of a copy `sourceUri`; it is answered as `sourceResourceId`. */
const copiedFrom = (creation: JsonObject): string => text(creation['sourceResourceId'] ?? creation['sourceUri']);

function shownCreation({ store }: Services, { sourceUri: _older, ...creation }: JsonObject): JsonObject {
  if (creation['createOption'] !== 'Copy') return creation;
  const sourceResourceId = copiedFrom({ ...creation, ...(_older === undefined ? {} : { sourceUri: _older }) });
  const copied = store.get(sourceResourceId);
  const unique = copied === undefined ? undefined : propertiesOf(copied)['uniqueId'];
  return { ...creation, sourceResourceId, ...(unique === undefined ? {} : { sourceUniqueId: unique }) };
}

function sourceOf(services: Services, creation: JsonObject, location: string): ImageSource | undefined {
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

export function registerDiskOperations(services: Services): void {
  for (const type of [TYPES.disk, TYPES.snapshot]) {
    registerWrite(
      services,
      `${type}/write`,
      async ({ id, hidden: { source, key, content } }) => {
        if (source !== undefined && content === undefined) {
          const ref = await copyOf(services, source as unknown as ImageSource, text(key));
          update(services, id, { hidden: { content: ref } });
        }
      },
      ({ body }) => body,
    );
    services.operations.register(`${type}/delete`, async ({ resourceId }) => {
      const disk = services.store.get(resourceId);
      if (disk === undefined) return;
      await closeAccess(services, disk);
      if (typeof disk.hidden['content'] === 'string') await services.machines.releaseContent(disk.hidden['content']);
      services.store.delete(resourceId);
    });
    services.operations.register(`${type}/beginGetAccess`, async ({ resourceId, input }) => {
      const accessSAS = await openAccess(
        services,
        requireResource(services.store, resourceId),
        Number(input['seconds']),
      );
      update(services, resourceId, { properties: { diskState: 'ActiveSAS' } });
      return { accessSAS };
    });
    services.operations.register(`${type}/endGetAccess`, async ({ resourceId }) => {
      const disk = requireResource(services.store, resourceId);
      await closeAccess(services, disk);
      update(services, resourceId, {
        properties: { diskState: text(disk.body['managedBy']) === '' ? 'Unattached' : 'Reserved' },
      });
    });
  }
}

export function attach(services: Services, diskId: string, machineId: string): void {
  update(services, diskId, { body: { managedBy: machineId }, properties: { diskState: 'Attached' } });
}

export function detach(services: Services, diskId: string): void {
  const disk = services.store.get(diskId);
  if (disk === undefined) return;
  const { managedBy: _user, ...body } = disk.body;
  services.store.put({ ...disk, body: { ...body, properties: { ...propertiesOf(disk), diskState: 'Unattached' } } });
}

/** A deallocated machine's disk is reserved for it, and may be read. */
export function setDiskState(services: Services, machine: JsonObject, diskState: 'Attached' | 'Reserved'): void {
  const { osDisk } = object(object(machine['properties'])['storageProfile']);
  const id = idIn(object(osDisk)['managedDisk']);
  if (id !== undefined) update(services, id, { properties: { diskState } });
}
