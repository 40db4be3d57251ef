/** What a virtual machine is put together from: its OS disk or image, and its network interfaces. */
import { ArmError, type ArmRequest, type JsonObject, type Services } from '../../core.ts';
import { sameId } from '../../resource-id.ts';
import { type ImageSource, resolveImage } from './image-sources.ts';
import { defaultStorageOf } from './machine-profiles.ts';
import { requireWithin } from './names.ts';
import { requireOsProfile } from './os-profile.ts';
import { idIn, invalid, list, object, propertiesOf, refuseWhileBusy, text, TYPES } from './shared.ts';

const LARGEST_OS_DISK_GB = 4095;

/** What a machine starts from, and its `storageProfile.osDisk` as answered. */
export interface Boot {
  diskId: string;
  osDisk: JsonObject;
  osType: 'Linux' | 'Windows';
  generation: 'V1' | 'V2';
  sizeGB: number;
  source?: ImageSource;
}

export function bootFromDisk(services: Services, osDisk: JsonObject, sent: JsonObject, location: string): Boot {
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
      managedDisk: { storageAccountType: object(disk.body['sku'])['name'] ?? 'Premium_LRS', id: disk.id },
    },
  };
}

export function bootFromImage(
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
  requireOsProfile(object(sent['osProfile']), source.osType, request.params['name'] ?? '');
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
  requireWithin('osDisk.diskSizeGB', osDisk['diskSizeGB'], 1, LARGEST_OS_DISK_GB);
  if (sizeGB < source.sizeGB) {
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `The specified disk size ${sizeGB} GB is smaller than the size of the corresponding disk in the VM image: ${source.sizeGB} GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size.`,
      'osDisk.diskSizeGB',
    );
  }
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
      managedDisk: {
        storageAccountType: defaultStorageOf(text(object(sent['hardwareProfile'])['vmSize'])),
        ...object(osDisk['managedDisk']),
        id: diskId,
      },
    },
  };
}

/** Each interface is there, in the region, and free. */
export function requireInterfaces(services: Services, sent: JsonObject, machineId: string, location: string): void {
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
