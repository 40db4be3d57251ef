/** What an image version is made from: a generalized machine, an image, a disk, a snapshot, another version. */
import type { JsonObject, Services } from '../../core.ts';
import { capturedDataDisks } from './image-data-disks.ts';
import { type ImageSource, osDiskOf, requireGeneralized, resolveImage } from './image-sources.ts';
import { idIn, invalid, object, TYPES } from './shared.ts';

export function sourceIdOf(sent: JsonObject): string | undefined {
  const { source, osDiskImage } = object(sent['storageProfile']);
  const machineId = object(source)['virtualMachineId'];
  return typeof machineId === 'string' ? machineId : (idIn(source) ?? idIn(object(osDiskImage)['source']));
}

export function sourceOf(services: Services, sent: JsonObject, location: string): ImageSource {
  const target = 'galleryImageVersion.properties.storageProfile';
  const id = sourceIdOf(sent);
  if (id === undefined)
    throw invalid(target, "A gallery image version needs a source: 'source' or 'osDiskImage.source'.");
  const found = services.store.get(id);
  if (found?.type !== TYPES.machine) return resolveImage(services, { id }, target, location);
  const machine = requireGeneralized(services, id, target);
  const disk = osDiskOf(services, machine);
  if (disk === undefined) throw invalid(target, 'The source virtual machine has no OS disk.');
  return { ...resolveImage(services, { id: disk.id }, target, location), ...capturedDataDisks(services, machine) };
}
