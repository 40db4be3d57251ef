/** Virtual machines: made from a disk or an image, described with or without their instance view. */
import {
  ArmError,
  type ArmRequest,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { sameId } from '../../resource-id.ts';
import { instanceView } from './instance-view.ts';
import { bootFromDisk, bootFromImage, requireInterfaces } from './machine-parts.ts';
import {
  acceptWrite,
  contentKey,
  deleteRoute,
  GROUP_PATH,
  idIn,
  invalid,
  object,
  propertiesOf,
  readRoutes,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
} from './shared.ts';
import { findSize } from './sizes.ts';

const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async', retryAfter: 10 };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both', retryAfter: 10 };
export const MACHINE_PATH = `${GROUP_PATH}/providers/${TYPES.machine}/{name}`;

export function machineRoutes(services: Services): Route[] {
  const [, ...lists] = readRoutes(services, TYPES.machine);
  return [
    { method: 'PUT', path: MACHINE_PATH, handle: (request) => writeMachine(services, request) },
    {
      method: 'PATCH',
      path: MACHINE_PATH,
      handle: (request) => {
        const machine = requireResource(services.store, request.id);
        refuseWhileBusy(services, machine);
        return acceptWrite(
          services,
          { ...request, body: { ...machine.body, ...request.body } },
          {
            type: TYPES.machine,
            location: text(machine.body['location']),
            keep: ['identity', 'plan', 'zones'],
            properties: {
              ...propertiesOf(machine),
              ...withoutPassword(object(request.body?.['properties'])),
              provisioningState: 'Updating',
            },
            form: WRITE,
            status: 200,
          },
        );
      },
    },
    {
      method: 'GET',
      path: MACHINE_PATH,
      async handle({ id, query }) {
        const machine = requireResource(services.store, id);
        if (!(query.get('$expand') ?? '').toLowerCase().includes('instanceview'))
          return { status: 200, body: machine.body };
        const view = await instanceView(services, machine);
        return { status: 200, body: { ...machine.body, properties: { ...propertiesOf(machine), instanceView: view } } };
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
    deleteRoute(services, TYPES.machine, MACHINE_PATH, DELETE, (machine) => refuseWhileBusy(services, machine)),
  ];
}

function writeMachine(services: Services, request: ArmRequest) {
  const location = requireRegion(request.body?.['location'], TYPES.machine);
  const sent = object(request.body?.['properties']);
  const existing = services.store.get(request.id);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    refuseOtherDisk(existing, sent);
    return acceptWrite(services, request, {
      type: TYPES.machine,
      location,
      keep: ['identity', 'plan', 'zones'],
      properties: { ...propertiesOf(existing), ...pick(sent, 'hardwareProfile'), provisioningState: 'Updating' },
      form: WRITE,
      status: 200,
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
  requireInterfaces(services, sent, request.id, location);
  const storage = object(sent['storageProfile']);
  const osDisk = object(storage['osDisk']);
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
  const { adminPassword: _secret, ...shownProfile } = object(osProfile);
  return acceptWrite(services, request, {
    type: TYPES.machine,
    location,
    keep: ['identity', 'plan', 'zones'],
    properties: {
      ...sent,
      ...(osProfile === undefined
        ? {}
        : { osProfile: { computerName: name, allowExtensionOperations: true, ...shownProfile } }),
      storageProfile: {
        dataDisks: [],
        diskControllerType: 'SCSI',
        ...storage,
        ...(boot.source?.exactVersion === undefined
          ? {}
          : {
              imageReference: { ...object(storage['imageReference']), exactVersion: boot.source.exactVersion },
            }),
        osDisk: boot.osDisk,
      },
      vmId,
      timeCreated: services.now().toISOString(),
      provisioningState: 'Creating',
    },
    hidden: {
      key: contentKey('vm', vmId),
      diskId: boot.diskId,
      hostname: text(object(osProfile)['computerName']) || name,
      osType: boot.osType,
      ...(boot.source === undefined ? {} : { source: boot.source as unknown as JsonObject }),
      diskName: text(boot.osDisk['name']),
      generation: boot.generation,
      sizeGB: boot.sizeGB,
    },
    form: WRITE,
    status: 201,
  });
}

/** A password is never kept, so that it can never be answered. */
function withoutPassword(properties: JsonObject): JsonObject {
  if (properties['osProfile'] === undefined) return properties;
  const { adminPassword: _secret, ...osProfile } = object(properties['osProfile']);
  return { ...properties, osProfile };
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
