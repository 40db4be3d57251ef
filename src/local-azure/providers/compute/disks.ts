/** Managed disks and snapshots: what they hold, who uses them, and the signed address by which they are read. */
import { azureTime } from '../../azure-time.ts';
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
import { acceptedDisk, showDisk } from './disk-answers.ts';
import { requireAccess } from './disk-guards.ts';
import {
  accessOf,
  changeable,
  generationOf,
  osTypeOf,
  resized,
  shownCreation,
  sized,
  skuOf,
  sourceOf,
  userOf,
} from './disk-bodies.ts';
import {
  acceptAction,
  acceptWrite,
  contentKey,
  deleteRoute,
  GROUP_PATH,
  invalid,
  object,
  propertiesOf,
  readRoutes,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
} from './shared.ts';

const WRITE: AsyncForm = { segment: 'DiskOperations', headers: 'both', retryAfter: 2 };
const FORM: AsyncForm = { segment: 'DiskOperations', headers: 'both' };

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
        requireGrowth(type, disk, diskSizeGB);
        return acceptWrite(
          services,
          { ...request, body: { ...disk.body, ...request.body } },
          {
            type,
            location: text(disk.body['location']),
            body: { sku: skuOf(request.body?.['sku'] ?? disk.body['sku']), ...userOf(disk) },
            properties: {
              ...propertiesOf(disk),
              ...changeable(object(request.body?.['properties'])),
              ...sized(diskSizeGB),
            },
            hidden: resized(diskSizeGB),
            form: WRITE,
            status: 202,
            answer: acceptedDisk(services, request, disk),
          },
        );
      },
    },
    ...readRoutes(services, type, showDisk),
    deleteRoute(services, type, path, FORM, (disk) => {
      refuseWhileBusy(services, disk);
      const user = text(disk.body['managedBy']);
      if (user !== '') {
        throw new ArmError(409, 'OperationNotAllowed', `Disk ${text(disk.body['name'])} is attached to VM ${user}.`);
      }
      if (propertiesOf(disk)['diskState'] === 'ActiveSAS') {
        const kind = type === TYPES.disk ? 'disk' : 'snapshot';
        throw new ArmError(
          409,
          'OperationNotAllowed',
          `There is an active shared access signature outstanding for ${kind} ${text(disk.body['name'])}. Call EndGetAccess before attaching or deleting this ${kind}. Learn more here: aka.ms/revokeaccessapi.`,
        );
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

/** A disk can be made larger only. */
function requireGrowth(type: string, disk: StoredResource, sizeGB: Json | undefined): void {
  const held = Number(propertiesOf(disk)['diskSizeGB'] ?? 0);
  if (typeof sizeGB === 'number' && sizeGB < held) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The disk/snapshot resource with id ${disk.id} cannot be resized down. Reducing disk/snapshot size is not supported in Azure to prevent data loss. If you do need to reduce the size of the disk, please create new snapshot/disks with the appropriate size. More information is available at https://aka.ms/AzureDisksFAQ`,
      type === TYPES.disk ? 'disk.diskSizeGB' : 'snapshot.diskSizeGB',
    );
  }
}

function writeDisk(services: Services, type: string, request: ArmRequest) {
  const location = requireRegion(request.body?.['location'], type);
  const existing = services.store.get(request.id);
  const sent = object(request.body?.['properties']);
  requireAccess(services, sent);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    requireGrowth(type, existing, sent['diskSizeGB']);
    return acceptWrite(services, request, {
      type,
      location,
      body: { sku: skuOf(request.body?.['sku'] ?? existing.body['sku']), ...userOf(existing) },
      properties: { ...propertiesOf(existing), ...changeable(sent), ...sized(sent['diskSizeGB']) },
      hidden: resized(sent['diskSizeGB']),
      form: WRITE,
      status: 202,
      answer: acceptedDisk(services, request, existing),
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
      ...accessOf(sent),
      creationData: shownCreation(services, creation),
      ...osTypeOf(services, sent, creation, source),
      ...generationOf(services, sent, creation, source),
      diskSizeGB: sizeGB,
      diskSizeBytes: sizeGB * 1024 ** 3,
      uniqueId: id,
      timeCreated: azureTime(services.now()),
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
    form: WRITE,
    status: 202,
    answer: acceptedDisk(services, request, undefined),
  });
}
