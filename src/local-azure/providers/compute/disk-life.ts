/** How a disk is filled, read, deleted, and whose it is. */
import type { JsonObject, Services } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { closeAccess, openAccess } from './disk-access.ts';
import { showDisk } from './disk-answers.ts';
import { copyOf, type ImageSource } from './image-sources.ts';
import { idIn, object, propertiesOf, registerWrite, text, TYPES, update } from './shared.ts';

export function registerDiskOperations(services: Services): void {
  for (const type of [TYPES.disk, TYPES.snapshot]) {
    registerWrite(
      services,
      `${type}/write`,
      async ({ id, hidden: { source, key, content } }) => {
        if (content !== undefined) return;
        const ref =
          source === undefined
            ? await services.machines.emptyContent(text(key))
            : await copyOf(services, source as unknown as ImageSource, text(key));
        update(services, id, { hidden: { content: ref } });
      },
      showDisk,
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
  const properties = propertiesOf(disk);
  // A signed address that was given out outlives the machine.
  const diskState = properties['diskState'] === 'ActiveSAS' ? 'ActiveSAS' : 'Unattached';
  services.store.put({ ...disk, body: { ...body, properties: { ...properties, diskState } } });
}

/** A deallocated machine's disk is reserved for it, and may be read. */
export function setDiskState(services: Services, machine: JsonObject, diskState: 'Attached' | 'Reserved'): void {
  const { osDisk } = object(object(machine['properties'])['storageProfile']);
  const id = idIn(object(osDisk)['managedDisk']);
  if (id !== undefined) update(services, id, { properties: { diskState } });
}
