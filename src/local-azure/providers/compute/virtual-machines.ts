/** Virtual machines: made from a disk or an image, described with or without their instance view. */
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
import { normalizeRegion, requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { instanceView } from './instance-view.ts';
import { withImageDisks } from './image-data-disks.ts';
import { dataDisksOf } from './machine-data-disks.ts';
import { bootFromDisk, bootFromImage, requireInterfaces } from './machine-parts.ts';
import { defaultStorageOf, identityOf, osProfileOf, showMachine } from './machine-profiles.ts';
import { requireData } from './os-profile.ts';
import {
  acceptAction,
  acceptWrite,
  contentKey,
  deleteRoute,
  idIn,
  invalid,
  list,
  MACHINE_PATH,
  object,
  propertiesOf,
  readRoutes,
  refuseWhileBusy,
  type Show,
  text,
  TYPES,
  uniqueId,
  update,
} from './shared.ts';
import { findSize } from './size-catalogue.ts';
import { requireCores, requireDataDisks } from './sizes.ts';

const CREATE: AsyncForm = { segment: 'operations', headers: 'azure-async', retryAfter: 10 };
const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async' };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both', retryAfter: 10 };

export function machineRoutes(services: Services): Route[] {
  /** As in a list: of its extensions only the ids. */
  const show: Show = (machine, apiVersion) => {
    const { resources, ...shown } = showMachine(services, machine, apiVersion);
    return {
      ...shown,
      ...(resources === undefined ? {} : { resources: list(resources).map(({ id }) => ({ id: id ?? '' })) }),
    };
  };
  const [, ...lists] = readRoutes(services, TYPES.machine, show);
  return [
    { method: 'PUT', path: MACHINE_PATH, handle: (request) => writeMachine(services, request) },
    {
      method: 'PATCH',
      path: MACHINE_PATH,
      handle: (request) => {
        const machine = requireResource(services.store, request.id);
        refuseWhileBusy(services, machine);
        return patchMachine(services, request, machine);
      },
    },
    {
      method: 'GET',
      path: MACHINE_PATH,
      async handle({ id, query, apiVersion }) {
        const machine = requireResource(services.store, id);
        const shown = showMachine(services, machine, apiVersion);
        if (!(query.get('$expand') ?? '').toLowerCase().includes('instanceview')) return { status: 200, body: shown };
        const view = await instanceView(services, machine);
        return { status: 200, body: { ...shown, properties: { ...object(shown['properties']), instanceView: view } } };
      },
    },
    {
      method: 'GET',
      path: `${MACHINE_PATH}/instanceView`,
      handle: async ({ id }) => {
        const machineId = id.replace(/\/instanceView$/i, '');
        return { status: 200, body: await instanceView(services, requireResource(services.store, machineId)) };
      },
    },
    ...lists,
    {
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/virtualMachines',
      handle({ params, apiVersion }) {
        const location = normalizeRegion(params['location'] ?? '');
        const machines = services.store.list({ type: TYPES.machine });
        const there = machines.filter(({ body }) => body['location'] === location);
        return { status: 200, body: { value: there.map((machine) => show(machine, apiVersion)) } };
      },
    },
    deleteRoute(services, TYPES.machine, MACHINE_PATH, DELETE, (machine) => refuseWhileBusy(services, machine)),
  ];
}

function writeMachine(services: Services, request: ArmRequest) {
  const location = requireRegion(request.body?.['location'], TYPES.machine);
  const sent = object(request.body?.['properties']);
  const existing = services.store.get(request.id);
  const answer = (machine: StoredResource): JsonObject => showMachine(services, machine, request.apiVersion);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    refuseOtherDisk(existing, sent);
    const storage = object(propertiesOf(existing)['storageProfile']);
    const sentDisks = object(sent['storageProfile'])['dataDisks'];
    requireData('userData', sent['userData']);
    requireDataDisks(
      list(sentDisks),
      findSize(text(object(sent['hardwareProfile'] ?? propertiesOf(existing)['hardwareProfile'])['vmSize'])),
    );
    return acceptWrite(services, request, {
      type: TYPES.machine,
      location,
      keep: ['plan', 'zones'],
      body: { ...pick(existing.body, 'identity'), ...identity(services, request) },
      properties: {
        ...propertiesOf(existing),
        ...pick(sent, 'hardwareProfile'),
        ...pick(sent, 'diagnosticsProfile'),
        storageProfile: {
          ...storage,
          dataDisks:
            sentDisks === undefined
              ? (storage['dataDisks'] ?? [])
              : dataDisksOf(services, list(sentDisks), {
                  id: existing.id,
                  storageAccountType: text(object(object(storage['osDisk'])['managedDisk'])['storageAccountType']),
                  dataDisks: list(storage['dataDisks']),
                }),
        },
        provisioningState: 'Updating',
      },
      form: WRITE,
      status: 200,
      answer,
    });
  }
  const vmSize = text(object(sent['hardwareProfile'])['vmSize']);
  const size = findSize(vmSize);
  if (size === undefined) {
    throw invalid(
      'vmSize',
      `The value ${vmSize} provided for the VM size is not valid. The valid sizes in the current region are listed by vmSizes.`,
    );
  }
  requireData('userData', sent['userData']);
  requireCores(services, size, location);
  requireInterfaces(services, sent, request.id, location);
  const storage = object(sent['storageProfile']);
  const osDisk = object(storage['osDisk']);
  requireDataDisks(list(storage['dataDisks']), size);
  const vmId = uniqueId();
  const name = request.params['name'] ?? '';
  const boot =
    text(osDisk['createOption']).toLowerCase() === 'attach'
      ? bootFromDisk(services, osDisk, sent, location)
      : bootFromImage(services, request, storage, osDisk, sent, vmId, location);
  if (!size.generations.includes(boot.generation)) {
    throw new ArmError(
      400,
      'BadRequest',
      `The selected VM size '${vmSize}' cannot boot Hypervisor Generation '${boot.generation === 'V2' ? '2' : '1'}'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size.`,
    );
  }
  const { osProfile } = sent;
  return acceptWrite(services, request, {
    type: TYPES.machine,
    location,
    keep: ['plan', 'zones'],
    body: identity(services, request),
    properties: {
      ...sent,
      ...(osProfile === undefined ? {} : { osProfile: osProfileOf(object(osProfile), boot.osType, name) }),
      storageProfile: {
        diskControllerType: 'SCSI',
        ...storage,
        dataDisks: dataDisksOf(services, withImageDisks(list(storage['dataDisks']), boot.source), {
          id: request.id,
          storageAccountType: defaultStorageOf(vmSize),
          dataDisks: [],
        }),
        ...(boot.source?.exactVersion === undefined
          ? {}
          : {
              imageReference: { ...object(storage['imageReference']), exactVersion: boot.source.exactVersion },
            }),
        osDisk: boot.osDisk,
      },
      vmId,
      timeCreated: azureTime(services.now()),
      provisioningState: 'Creating',
    },
    hidden: {
      key: contentKey('vm', vmId),
      diskId: boot.diskId,
      hostname: text(object(osProfile)['computerName']) || name,
      ...pick(object(osProfile), 'adminPassword'),
      ...pick(object(osProfile), 'customData'),
      osType: boot.osType,
      ...(boot.source === undefined ? {} : { source: boot.source as unknown as JsonObject }),
      diskName: text(boot.osDisk['name']),
      generation: boot.generation,
      sizeGB: boot.sizeGB,
    },
    form: CREATE,
    status: 201,
    answer,
  });
}

/**
 * In force with its answer, which says Updating all the same. As recorded, there is an operation to wait for in older
 * versions of the API only.
 */
function patchMachine(services: Services, request: ArmRequest, machine: StoredResource): ArmResponse {
  const { body = {}, apiVersion } = request;
  const { osProfile: _fixed, storageProfile: _disks, ...changes } = object(body['properties']);
  const beside = {
    ...pick(body, 'tags'),
    ...identity(services, request),
    ...pick(body, 'plan'),
    ...pick(body, 'zones'),
  };
  const changed = update(services, machine.id, { body: beside, properties: changes }) ?? machine;
  const shown = showMachine(services, changed, apiVersion);
  const answer: ArmResponse = {
    status: 200,
    body: { ...shown, properties: { ...object(shown['properties']), provisioningState: 'Updating' } },
  };
  if (apiVersion >= '2021-07-01') return answer;
  return { ...acceptAction(services, request, changed, `${TYPES.machine}/write`, WRITE), ...answer };
}

function identity(services: Services, { id, body }: ArmRequest): JsonObject {
  const sent = body?.['identity'];
  return sent === undefined ? {} : { identity: identityOf(services, object(sent), id) };
}

const pick = (from: JsonObject, key: string): JsonObject => (from[key] === undefined ? {} : { [key]: from[key] });

function refuseOtherDisk(existing: StoredResource, sent: JsonObject): void {
  const asked = idIn(object(object(sent['storageProfile'])['osDisk'])['managedDisk']);
  if (asked !== undefined && !sameId(asked, text(existing.hidden['diskId']))) {
    throw new ArmError(
      409,
      'PropertyChangeNotAllowed',
      "Changing property 'osDisk.managedDisk.id' is not allowed.",
      'osDisk.managedDisk.id',
    );
  }
}
