/** Data disks of a machine: made empty or from an image with it, or attached to it later. */
import { randomUUID } from 'node:crypto';
import { ArmError, type JsonObject, type Services, type StoredResource } from '../../core.ts';
import { azureTime } from '../../azure-time.ts';
import { sameId } from '../../resource-id.ts';
import { skuOf } from './disk-bodies.ts';
import { attach, detach } from './disk-life.ts';
import { contentKey, idIn, list, object, propertiesOf, text, TYPES, uniqueId } from './shared.ts';

/** The entries of `storageProfile.dataDisks` as they are kept. */
export function dataDisksOf(
  services: Services,
  sent: JsonObject[],
  machine: { id: string; storageAccountType: string; dataDisks: JsonObject[] },
): JsonObject[] {
  return sent.map((disk, index) => {
    const { lun } = disk;
    const attached = text(disk['createOption']) === 'Attach' ? requireFree(services, disk, machine.id) : undefined;
    const former = machine.dataDisks.find((held) => held['lun'] === lun);
    const name = text(attached?.body['name'] ?? disk['name'] ?? former?.['name']) || madeUpName(machine.id, index);
    const group = machine.id.split('/').slice(0, 5).join('/');
    const id = attached?.id ?? idIn(former?.['managedDisk']) ?? `${group}/providers/${TYPES.disk}/${name}`;
    const sku = attached === undefined ? undefined : object(attached.body['sku'])['name'];
    return {
      deleteOption: 'Detach',
      ...former,
      ...disk,
      name,
      createOption: disk['createOption'] ?? 'Empty',
      caching: disk['caching'] ?? 'None',
      ...(attached === undefined ? {} : { diskSizeGB: propertiesOf(attached)['diskSizeGB'] ?? 0 }),
      managedDisk: {
        storageAccountType: sku ?? machine.storageAccountType,
        ...object(disk['managedDisk']),
        id,
      },
      toBeDetached: false,
    };
  });
}

function madeUpName(machineId: string, index: number): string {
  return `${machineId.split('/').at(-1) ?? ''}_disk${index + 2}_${randomUUID().replaceAll('-', '')}`;
}

function requireFree({ store }: Services, disk: JsonObject, machineId: string): StoredResource {
  const id = idIn(disk['managedDisk']) ?? '';
  const found = store.get(id);
  if (found === undefined) throw new ArmError(404, 'NotFound', `Disk ${id} was not found.`, 'dataDisk.managedDisk.id');
  const user = text(found.body['managedBy']);
  if (user !== '' && !sameId(user, machineId)) {
    throw new ArmError(409, 'AttachDiskWhileBeingDetached', `Cannot attach disk ${id}: it is attached to VM ${user}.`);
  }
  return found;
}

const idsOf = (machine: StoredResource): string[] =>
  list(object(propertiesOf(machine)['storageProfile'])['dataDisks']).flatMap(
    ({ managedDisk }) => idIn(managedDisk) ?? [],
  );

/** Makes those that are not there, attaches all, lets go of those that the machine no longer names. Idempotent. */
export async function settleDataDisks(services: Services, machine: StoredResource): Promise<void> {
  const { store, machines } = services;
  for (const disk of list(object(propertiesOf(machine)['storageProfile'])['dataDisks'])) {
    const id = idIn(disk['managedDisk']) ?? '';
    if (store.get(id) === undefined) {
      const unique = uniqueId();
      const content = await machines.emptyContent(contentKey('disk', unique));
      const sizeGB = Number(disk['diskSizeGB'] ?? 32);
      store.put({
        id,
        type: TYPES.disk,
        hidden: { key: content, content, sizeGB, osType: 'Linux', generation: 'V1' },
        body: {
          name: disk['name'] ?? '',
          id,
          type: TYPES.disk,
          location: machine.body['location'] ?? '',
          sku: skuOf({ name: object(disk['managedDisk'])['storageAccountType'] ?? 'Standard_LRS' }),
          properties: {
            creationData: { createOption: 'Empty' },
            diskSizeGB: sizeGB,
            diskSizeBytes: sizeGB * 1024 ** 3,
            encryption: { type: 'EncryptionAtRestWithPlatformKey' },
            networkAccessPolicy: 'AllowAll',
            publicNetworkAccess: 'Enabled',
            diskState: 'Unattached',
            provisioningState: 'Succeeded',
            timeCreated: azureTime(services.now()),
            uniqueId: unique,
          },
        },
      });
    }
    attach(services, id, machine.id);
  }
  const named = idsOf(machine).concat(text(machine.hidden['diskId']));
  for (const held of store.list({ type: TYPES.disk })) {
    const ours = sameId(text(held.body['managedBy']), machine.id);
    if (ours && !named.some((id) => sameId(id, held.id))) detach(services, held.id);
  }
}

export function detachDataDisks(services: Services, machine: StoredResource): void {
  for (const id of idsOf(machine)) detach(services, id);
}
