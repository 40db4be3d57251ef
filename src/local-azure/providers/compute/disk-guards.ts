/** What guards disks: sets of keys that they are encrypted with, and accesses through private endpoints. No disk here is. */
import { azureTime } from '../../azure-time.ts';
import {
  ArmError,
  type ArmRequest,
  type ArmResponse,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { assignedIdentity } from '../managed-identity/assigned.ts';
import {
  acceptWrite,
  deleteRoute,
  GROUP_PATH,
  invalid,
  object,
  propertiesOf,
  readRoutes,
  refuseWhileBusy,
  registerWrite,
  text,
  TYPES,
} from './shared.ts';

const FORM: AsyncForm = { segment: 'DiskOperations', headers: 'both' };
type NamedBy = (disk: JsonObject) => string;

export function diskGuardRoutes(services: Services): Route[] {
  return [
    ...routesOf(
      services,
      TYPES.encryptionSet,
      (request) => writeEncryptionSet(services, request),
      ({ encryption }) => text(object(encryption)['diskEncryptionSetId']),
    ),
    ...routesOf(
      services,
      TYPES.diskAccess,
      (request) => writeAccess(services, request),
      ({ diskAccessId }) => text(diskAccessId),
    ),
  ];
}

function routesOf(services: Services, type: string, write: Route['handle'], namedBy: NamedBy): Route[] {
  const path = `${GROUP_PATH}/providers/${type}/{name}`;
  return [
    { method: 'PUT', path, handle: write },
    { method: 'PATCH', path, handle: write },
    ...readRoutes(services, type),
    deleteRoute(services, type, path, FORM, (guard) => {
      refuseWhileBusy(services, guard);
      const user = [TYPES.disk, TYPES.snapshot]
        .flatMap((kind) => services.store.list({ type: kind }))
        .find((disk) => sameId(namedBy(propertiesOf(disk)), guard.id));
      if (user === undefined) return;
      throw new ArmError(
        409,
        'OperationNotAllowed',
        `'${text(guard.body['name'])}' cannot be deleted: '${user.id}' is associated with it.`,
      );
    }),
  ];
}

/** What the write changes, and the request with all that a PATCH leaves as it is. */
function toChange(services: Services, request: ArmRequest): { existing?: StoredResource; whole: ArmRequest } {
  const { body = {}, method, id } = request;
  const existing = method === 'PATCH' ? requireResource(services.store, id) : services.store.get(id);
  if (existing === undefined) return { whole: request };
  refuseWhileBusy(services, existing);
  return { existing, whole: method === 'PATCH' ? { ...request, body: { ...existing.body, ...body } } : request };
}

function writeEncryptionSet(services: Services, request: ArmRequest): ArmResponse {
  const { body = {}, id } = request;
  const { existing, whole } = toChange(services, request);
  const sent = object(body['properties']);
  const former = existing === undefined ? {} : propertiesOf(existing);
  const { keyUrl } = object(sent['activeKey'] ?? former['activeKey']);
  if (text(keyUrl) === '')
    throw invalid('activeKey.keyUrl', "Required parameter 'activeKey.keyUrl' is missing (null).");
  const identity = assignedIdentity(services.store, id, body['identity'], existing?.body['identity']);
  const updating = { provisioningState: 'Updating' };
  return acceptWrite(services, whole, {
    type: TYPES.encryptionSet,
    location: requireRegion(body['location'] ?? existing?.body['location'], TYPES.encryptionSet),
    ...(identity === undefined ? {} : { body: { identity } }),
    properties: { encryptionType: 'EncryptionAtRestWithCustomerKey', ...former, ...sent, ...updating },
    form: FORM,
    status: 202,
    // What was sent, or what was there; the rest is known when it is done.
    answer: () =>
      existing === undefined
        ? { ...body, properties: { ...sent, ...updating } }
        : { ...existing.body, properties: { ...former, ...sent, ...updating } },
  });
}

function writeAccess(services: Services, request: ArmRequest): ArmResponse {
  const { body = {} } = request;
  const { existing, whole } = toChange(services, request);
  const { timeCreated = azureTime(services.now()) } = existing === undefined ? {} : propertiesOf(existing);
  return acceptWrite(services, whole, {
    type: TYPES.diskAccess,
    location: requireRegion(body['location'] ?? existing?.body['location'], TYPES.diskAccess),
    properties: { provisioningState: 'Updating', timeCreated },
    form: FORM,
    status: 202,
    answer: ({ body: { properties: _later, ...made } }) => made,
  });
}

/** Throws ArmError 400 while the access that a disk names is being made, as Azure words it. */
export function requireAccess({ store, operations }: Services, { diskAccessId }: JsonObject): void {
  const access = store.get(text(diskAccessId));
  if (access === undefined || operations.pending(access.id).length === 0) return;
  throw new ArmError(
    400,
    'Conflict',
    `DiskAccess resource '${text(diskAccessId)}' is in failed state. Please try recreating the DiskAccess resource and retry the operation.`,
  );
}

export function registerDiskGuardOperations(services: Services): void {
  for (const type of [TYPES.encryptionSet, TYPES.diskAccess]) {
    registerWrite(
      services,
      `${type}/write`,
      () => undefined,
      ({ body }) => body,
    );
    services.operations.register(`${type}/delete`, ({ resourceId }) => {
      services.store.delete(resourceId);
      return Promise.resolve();
    });
  }
}
