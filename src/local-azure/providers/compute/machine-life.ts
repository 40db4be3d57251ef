/** How a machine comes to be and goes: its disk made, its system started, all of it discarded. */
import { randomUUID } from 'node:crypto';
import { azureTime } from '../../azure-time.ts';
import { ArmError, type Services, type StoredResource } from '../../core.ts';
import { skuOf } from './disk-bodies.ts';
import { accessTo } from './machine-access.ts';
import { attach, detach } from './disk-life.ts';
import { copyOf, type ImageSource } from './image-sources.ts';
import { detachDataDisks, settleDataDisks } from './machine-data-disks.ts';
import { contentKey, idIn, list, object, propertiesOf, registerWrite, text, TYPES, update } from './shared.ts';

export function registerMachineOperations(services: Services): void {
  registerWrite(services, `${TYPES.machine}/write`, async (machine) => {
    const { diskId } = machine.hidden;
    if (services.store.get(text(diskId)) === undefined) await makeDisk(services, machine);
    await settleDataDisks(services, machine);
    if (machine.hidden['booted'] !== true) {
      attach(services, text(diskId), machine.id);
      await boot(services, machine);
      // What it was set up with has served.
      const hidden = { booted: true, power: 'running', adminPassword: null, customData: null };
      update(services, machine.id, { hidden });
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
    ...accessTo(services, machine),
  });
}

export async function discardMachine(services: Services, machine: StoredResource): Promise<void> {
  const key = text(machine.hidden['key']);
  await services.machines.stop(key);
  await services.machines.remove(key);
  detach(services, text(machine.hidden['diskId']));
  detachDataDisks(services, machine);
}

async function makeDisk(services: Services, machine: StoredResource): Promise<void> {
  const { source, diskId, diskName, sizeGB, osType } = machine.hidden;
  const image = source as unknown as ImageSource;
  const { osDisk } = object(propertiesOf(machine)['storageProfile']);
  const { storageAccountType } = object(object(osDisk)['managedDisk']);
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
      sku: skuOf({ name: storageAccountType ?? 'Premium_LRS' }),
      properties: {
        osType: osType ?? 'Linux',
        hyperVGeneration: image.generation,
        creationData: { createOption: 'FromImage' },
        diskSizeGB: sizeGB ?? 30,
        diskState: 'Unattached',
        provisioningState: 'Succeeded',
        timeCreated: azureTime(services.now()),
        uniqueId: randomUUID(),
      },
    },
    hidden: { key, content, sizeGB: sizeGB ?? 30, osType: osType ?? 'Linux', generation: image.generation },
  });
}

/** What the machine's own body says goes with it. */
async function deleteWithMachine(services: Services, machine: StoredResource): Promise<void> {
  const { osDisk, dataDisks } = object(propertiesOf(machine)['storageProfile']);
  const disks = [
    { described: object(osDisk), id: text(machine.hidden['diskId']) },
    ...list(dataDisks).map((described) => ({ described, id: idIn(described['managedDisk']) ?? '' })),
  ];
  for (const { described, id } of disks) {
    const disk = services.store.get(id);
    if (described['deleteOption'] !== 'Delete' || disk === undefined) continue;
    if (typeof disk.hidden['content'] === 'string') await services.machines.releaseContent(disk.hidden['content']);
    services.store.delete(disk.id);
  }
  for (const reference of list(object(propertiesOf(machine)['networkProfile'])['networkInterfaces'])) {
    if (object(reference['properties'])['deleteOption'] === 'Delete') services.store.delete(idIn(reference) ?? '');
  }
}
