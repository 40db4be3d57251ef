/** Virtual machines: made from a disk or an image, described with or without their instance view. */
import { randomUUID } from 'node:crypto';
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
import { attach, detach } from './disks.ts';
import { copyOf, resolveImage, type ImageSource } from './image-sources.ts';
import { instanceView } from './instance-view.ts';
import {
  acceptWrite,
  contentKey,
  deleteRoute,
  GROUP_PATH,
  idIn,
  invalid,
  list,
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

interface Boot {
  diskId: string;
  osDisk: JsonObject;
  osType: 'Linux' | 'Windows';
  generation: 'V1' | 'V2';
  sizeGB: number;
  source?: ImageSource;
}

function bootFromDisk(services: Services, osDisk: JsonObject, sent: JsonObject, location: string): Boot {
  const diskId = idIn(osDisk['managedDisk']) ?? '';
  const disk = services.store.get(diskId);
  if (disk === undefined) throw new ArmError(404, 'NotFound', `Disk ${diskId} was not found.`, 'osDisk.managedDisk.id');
  if (sent['osProfile'] !== undefined) {
    throw invalid('osProfile', "Parameter 'osProfile' is not allowed.");
  }
  if (disk.body['location'] !== location) {
    throw invalid(
      'osDisk.managedDisk.id',
      `Disk ${diskId} is in ${text(disk.body['location'])} and the machine in ${location}.`,
    );
  }
  const user = text(disk.body['managedBy']);
  if (user !== '') {
    throw new ArmError(
      409,
      'AttachDiskWhileBeingDetached',
      `Cannot attach disk ${diskId}: it is attached to VM ${user}.`,
    );
  }
  refuseWhileBusy(services, disk);
  const osType = disk.hidden['osType'] === 'Windows' ? 'Windows' : 'Linux';
  const sizeGB = Number(propertiesOf(disk)['diskSizeGB']);
  return {
    diskId: disk.id,
    osType,
    generation: propertiesOf(disk)['hyperVGeneration'] === 'V2' ? 'V2' : 'V1',
    sizeGB,
    osDisk: {
      deleteOption: 'Detach',
      caching: 'None',
      ...osDisk,
      osType,
      name: disk.body['name'] ?? '',
      diskSizeGB: sizeGB,
      managedDisk: { storageAccountType: 'Premium_LRS', id: disk.id },
    },
  };
}

function bootFromImage(
  services: Services,
  request: ArmRequest,
  storage: JsonObject,
  osDisk: JsonObject,
  sent: JsonObject,
  vmId: string,
  location: string,
): Boot {
  if (storage['imageReference'] === undefined)
    throw invalid('imageReference', "Required parameter 'imageReference' is missing (null).");
  const source = resolveImage(services, object(storage['imageReference']), 'imageReference', location);
  if (sent['osProfile'] === undefined) throw invalid('osProfile', "Required parameter 'osProfile' is missing (null).");
  if (source.plan !== undefined && request.body?.['plan'] === undefined) {
    throw new ArmError(
      400,
      'VMMarketplaceInvalidInput',
      `Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request. VM: '${request.id}'.`,
    );
  }
  const name = text(osDisk['name']) || `${request.params['name'] ?? ''}_OsDisk_1_${vmId.replaceAll('-', '')}`;
  const group = request.id.split('/').slice(0, 5).join('/');
  const diskId = `${group}/providers/${TYPES.disk}/${name}`;
  if (services.store.get(diskId) !== undefined) {
    throw new ArmError(
      409,
      'ConflictingUserInput',
      `Disk '${name}' already exists in the resource group. Only CreateOption.Attach is supported.`,
      '/properties/storageProfile/osDisk/name',
    );
  }
  const sizeGB = Number(osDisk['diskSizeGB'] ?? source.sizeGB);
  return {
    diskId,
    source,
    osType: source.osType,
    generation: source.generation,
    sizeGB,
    osDisk: {
      createOption: 'FromImage',
      deleteOption: 'Detach',
      caching: 'ReadWrite',
      ...osDisk,
      osType: source.osType,
      name,
      diskSizeGB: sizeGB,
      managedDisk: { storageAccountType: 'Premium_LRS', ...object(osDisk['managedDisk']), id: diskId },
    },
  };
}

function requireInterfaces(services: Services, sent: JsonObject, machineId: string, location: string): void {
  const interfaces = list(object(sent['networkProfile'])['networkInterfaces']);
  if (interfaces.length === 0) {
    throw invalid('networkProfile', 'Virtual machine must have at least one network interface.');
  }
  for (const reference of interfaces) {
    const id = idIn(reference) ?? '';
    const nic = services.store.get(id);
    if (nic === undefined || nic.body['location'] !== location) {
      throw new ArmError(
        400,
        'InvalidResourceReference',
        `Resource ${id} referenced by resource ${machineId} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
      );
    }
    const user = services.store
      .list({ type: TYPES.machine })
      .find((machine) =>
        list(object(propertiesOf(machine)['networkProfile'])['networkInterfaces']).some((other) =>
          sameId(idIn(other) ?? '', id),
        ),
      );
    if (user !== undefined) {
      throw new ArmError(400, 'NicInUse', `Network Interface ${id} is used by existing resource ${user.id}.`);
    }
  }
}

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

export function registerMachineOperations(services: Services): void {
  registerWrite(services, `${TYPES.machine}/write`, async (machine) => {
    const { diskId } = machine.hidden;
    if (services.store.get(text(diskId)) === undefined) await makeDisk(services, machine);
    if (machine.hidden['booted'] !== true) {
      attach(services, text(diskId), machine.id);
      await boot(services, machine);
      update(services, machine.id, { hidden: { booted: true, power: 'running' } });
    }
  });
  services.operations.register(`${TYPES.machine}/delete`, async ({ resourceId }) => {
    const machine = services.store.get(resourceId);
    if (machine === undefined) return;
    await discardMachine(services, machine);
    for (const child of services.store.list({ under: machine.id })) services.store.delete(child.id);
    services.store.delete(machine.id);
    await deleteWithMachine(services, machine);
  });
}

/** Starts the machine that plays this one; safe when it runs. */
export async function boot(services: Services, machine: StoredResource): Promise<void> {
  const disk = services.store.get(text(machine.hidden['diskId']));
  const content = disk?.hidden['content'];
  if (typeof content !== 'string') {
    throw new ArmError(
      409,
      'OSProvisioningTimedOut',
      `OS Provisioning for VM '${text(machine.body['name'])}' did not finish: its disk holds no system.`,
    );
  }
  await services.machines.start({
    key: text(machine.hidden['key']),
    content,
    hostname: text(machine.hidden['hostname']),
    osType: machine.hidden['osType'] === 'Windows' ? 'Windows' : 'Linux',
  });
}

export async function discardMachine(services: Services, machine: StoredResource): Promise<void> {
  const key = text(machine.hidden['key']);
  await services.machines.stop(key);
  await services.machines.remove(key);
  detach(services, text(machine.hidden['diskId']));
}

async function makeDisk(services: Services, machine: StoredResource): Promise<void> {
  const { source, diskId, diskName, sizeGB, osType } = machine.hidden;
  const image = source as unknown as ImageSource;
  const key = contentKey('disk', text(machine.hidden['key']));
  const content = await copyOf(services, image, key);
  services.store.put({
    id: text(diskId),
    type: TYPES.disk,
    body: {
      name: diskName ?? '',
      id: text(diskId),
      type: TYPES.disk,
      location: machine.body['location'] ?? '',
      ...(machine.body['tags'] === undefined ? {} : { tags: machine.body['tags'] }),
      sku: { name: 'Premium_LRS', tier: 'Premium' },
      properties: {
        osType: osType ?? 'Linux',
        hyperVGeneration: image.generation,
        creationData: { createOption: 'FromImage' },
        diskSizeGB: sizeGB ?? 30,
        diskState: 'Unattached',
        provisioningState: 'Succeeded',
        timeCreated: services.now().toISOString(),
        uniqueId: randomUUID(),
      },
    },
    hidden: { key, content, sizeGB: sizeGB ?? 30, osType: osType ?? 'Linux', generation: image.generation },
  });
}

/** What the machine's own body says goes with it. */
async function deleteWithMachine(services: Services, machine: StoredResource): Promise<void> {
  const osDisk = object(object(propertiesOf(machine)['storageProfile'])['osDisk']);
  const disk = services.store.get(text(machine.hidden['diskId']));
  if (osDisk['deleteOption'] === 'Delete' && disk !== undefined) {
    if (typeof disk.hidden['content'] === 'string') await services.machines.releaseContent(disk.hidden['content']);
    services.store.delete(disk.id);
  }
  for (const reference of list(object(propertiesOf(machine)['networkProfile'])['networkInterfaces'])) {
    if (object(reference['properties'])['deleteOption'] === 'Delete') services.store.delete(idIn(reference) ?? '');
  }
}
