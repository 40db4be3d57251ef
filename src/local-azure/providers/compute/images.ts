/** Managed images: a generalized machine's disk, or a disk or snapshot said to be generalized. */
import { ArmError, type ArmRequest, type AsyncForm, type JsonObject, type Route, type Services } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import { capturedDataDisks, imageDataDisks } from './image-data-disks.ts';
import { copyOf, type ImageSource, osDiskOf, requireGeneralized, resolveImage } from './image-sources.ts';
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
  refuseWhileBusy,
  registerWrite,
  text,
  TYPES,
  uniqueId,
  update,
} from './shared.ts';

const WRITE: AsyncForm = { segment: 'operations', headers: 'azure-async' };
const DELETE: AsyncForm = { segment: 'operations', headers: 'both' };
const PATH = `${GROUP_PATH}/providers/${TYPES.image}/{name}`;

export function imageRoutes(services: Services): Route[] {
  return [
    { method: 'PUT', path: PATH, handle: (request) => writeImage(services, request) },
    {
      method: 'PATCH',
      path: PATH,
      handle: (request) => {
        const image = requireResource(services.store, request.id);
        const tags = request.body?.['tags'];
        return writeImage(services, { ...request, body: { ...image.body, ...(tags === undefined ? {} : { tags }) } });
      },
    },
    ...readRoutes(services, TYPES.image),
    deleteRoute(services, TYPES.image, PATH, DELETE, (image) => refuseWhileBusy(services, image)),
  ];
}

function writeImage(services: Services, request: ArmRequest) {
  const location = requireRegion(request.body?.['location'], TYPES.image);
  const sent = object(request.body?.['properties']);
  const machineId = idIn(sent['sourceVirtualMachine']);
  const existing = services.store.get(request.id);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    const former = idIn(propertiesOf(existing)['sourceVirtualMachine']);
    if (former?.toLowerCase() !== machineId?.toLowerCase()) {
      throw new ArmError(
        409,
        'PropertyChangeNotAllowed',
        "Changing property 'sourceVirtualMachine' is not allowed.",
        'sourceVirtualMachine',
      );
    }
    return acceptWrite(services, request, {
      type: TYPES.image,
      location,
      properties: { ...propertiesOf(existing), provisioningState: 'Updating' },
      form: WRITE,
      status: 200,
    });
  }
  const { source, storageProfile } =
    machineId === undefined
      ? fromDisk(services, sent, location, request.apiVersion)
      : fromMachine(services, machineId, location);
  const asked = sent['hyperVGeneration'];
  if (asked !== undefined && asked !== source.generation) {
    throw invalid(
      'hyperVGeneration',
      `The hyperVGeneration '${text(asked)}' does not match the source's '${source.generation}'.`,
    );
  }
  return acceptWrite(services, request, {
    type: TYPES.image,
    location,
    properties: {
      ...(machineId === undefined ? {} : { sourceVirtualMachine: { id: machineId } }),
      storageProfile,
      hyperVGeneration: source.generation,
      provisioningState: 'Creating',
    },
    hidden: {
      key: contentKey('image', uniqueId()),
      source: source as unknown as JsonObject,
      osType: source.osType,
      generation: source.generation,
      sizeGB: source.sizeGB,
      ...(source.dataDisks === undefined ? {} : { dataDisks: source.dataDisks as unknown as JsonObject[] }),
    },
    form: WRITE,
    status: 201,
    answer: ({ body }) => (sizeSent(sent) ? body : withoutSize(body)),
  });
}

const sizeSent = (sent: JsonObject): boolean =>
  object(object(sent['storageProfile'])['osDisk'])['diskSizeGB'] !== undefined;

/** The size of its disk is known once the image is made, unless it was asked for. */
function withoutSize(body: JsonObject): JsonObject {
  const properties = object(body['properties']);
  const storage = object(properties['storageProfile']);
  const { diskSizeGB: _later, ...osDisk } = object(storage['osDisk']);
  return { ...body, properties: { ...properties, storageProfile: { ...storage, osDisk } } };
}

interface Captured {
  source: ImageSource;
  storageProfile: JsonObject;
}

function fromMachine(services: Services, machineId: string, location: string): Captured {
  const machine = requireGeneralized(services, machineId, 'sourceVirtualMachine');
  const disk = osDiskOf(services, machine);
  if (disk === undefined) throw invalid('sourceVirtualMachine', 'The source virtual machine has no OS disk.');
  const bootable = resolveImage(services, { id: disk.id }, 'sourceVirtualMachine', location);
  const source = { ...bootable, ...capturedDataDisks(services, machine) };
  const { caching } = object(object(propertiesOf(machine)['storageProfile'])['osDisk']);
  return {
    source,
    storageProfile: {
      osDisk: osDiskProfile(source, { managedDisk: { id: disk.id }, ...(caching === undefined ? {} : { caching }) }),
      dataDisks: imageDataDisks(source),
      zoneResilient: false,
    },
  };
}

/** Disks or snapshots that somebody says are generalized: they are shown as they were sent. */
function fromDisk(services: Services, sent: JsonObject, location: string, apiVersion: string): Captured {
  const { osDisk, dataDisks, zoneResilient } = object(sent['storageProfile']);
  const disk = object(osDisk);
  const { hyperVGeneration } = sent;
  if (hyperVGeneration === undefined) {
    throw invalid('hyperVGeneration', "Required parameter 'hyperVGeneration' is missing (null).");
  }
  const found = sourceOfDisk(services, disk, location);
  // Where nothing says which system a disk holds, it is taken from who asks.
  const source: ImageSource =
    found.blank === true
      ? {
          ...found,
          osType: disk['osType'] === 'Windows' ? 'Windows' : 'Linux',
          generation: hyperVGeneration === 'V2' ? 'V2' : 'V1',
        }
      : found;
  const others = list(dataDisks).map((sentDisk) => {
    const { sizeGB, storageAccountType } = sourceOfDisk(services, sentDisk, location);
    const shown: JsonObject = {
      caching: 'None',
      storageAccountType: storageAccountType ?? 'Standard_LRS',
      diskSizeGB: sizeGB,
      ...sentDisk,
    };
    return { shown, kept: { lun: Number(sentDisk['lun']), sizeGB } };
  });
  return {
    source: others.length === 0 ? source : { ...source, dataDisks: others.map(({ kept }) => kept) },
    storageProfile: {
      osDisk: osDiskProfile(source, { ...disk, ...wholeId(disk, apiVersion) }),
      dataDisks: others.map(({ shown }) => shown),
      ...(zoneResilient === undefined ? {} : { zoneResilient }),
    },
  };
}

function sourceOfDisk(services: Services, disk: JsonObject, location: string): ImageSource {
  const id = idIn(disk['managedDisk']) ?? idIn(disk['snapshot']);
  if (id === undefined) {
    throw invalid(
      'storageProfile.osDisk',
      'Expected sourceVirtualMachine, storageProfile.osDisk.managedDisk or storageProfile.osDisk.snapshot; ' +
        'the local Azure cannot make an image from a blobUri.',
    );
  }
  if (services.store.get(id) === undefined) {
    throw new ArmError(404, 'NotFound', 'The entity was not found in this Azure location.', id);
  }
  return resolveImage(services, { id }, 'storageProfile.osDisk', location);
}

/** Some clients leave the first slash of an id out; versions from then on put it back. */
function wholeId({ snapshot }: JsonObject, apiVersion: string): JsonObject {
  const id = idIn(snapshot);
  return id === undefined || apiVersion < '2020-06-01' ? {} : { snapshot: { id } };
}

const osDiskProfile = (source: ImageSource, from: JsonObject): JsonObject => ({
  osType: source.osType,
  osState: 'Generalized',
  diskSizeGB: source.sizeGB,
  caching: 'None',
  storageAccountType: source.storageAccountType ?? 'Standard_LRS',
  ...from,
});

export function registerImageOperations(services: Services): void {
  registerWrite(services, `${TYPES.image}/write`, async (image) => {
    if (image.hidden['content'] === undefined) {
      const content = await copyOf(
        services,
        image.hidden['source'] as unknown as ImageSource,
        text(image.hidden['key']),
      );
      update(services, image.id, { hidden: { content } });
    }
  });
  services.operations.register(`${TYPES.image}/delete`, async ({ resourceId }) => {
    const content = services.store.get(resourceId)?.hidden['content'];
    if (typeof content === 'string') await services.machines.releaseContent(content);
    services.store.delete(resourceId);
  });
}
