/** Data disks that are part of an image. Their sizes are kept; what they hold is not, as no machine here mounts them. */
import type { JsonObject, Services, StoredResource } from '../../core.ts';
import type { ImageSource } from './image-sources.ts';
import { idIn, list, object, propertiesOf } from './shared.ts';

export interface ImageDataDisk {
  lun: number;
  sizeGB: number;
  /** The disk that it was captured from. */
  diskId?: string;
}

/** Those of a machine that an image is made of. */
export function capturedDataDisks({ store }: Services, machine: StoredResource): { dataDisks?: ImageDataDisk[] } {
  const dataDisks = list(object(propertiesOf(machine)['storageProfile'])['dataDisks']).map(({ lun, managedDisk }) => {
    const diskId = idIn(managedDisk) ?? '';
    const disk = store.get(diskId);
    return { lun: Number(lun), sizeGB: Number(disk === undefined ? 32 : propertiesOf(disk)['diskSizeGB']), diskId };
  });
  return dataDisks.length === 0 ? {} : { dataDisks };
}

/** `storageProfile.dataDisks` of a managed image. */
export const imageDataDisks = ({ dataDisks = [], storageAccountType = 'Standard_LRS' }: ImageSource): JsonObject[] =>
  dataDisks.map(({ lun, sizeGB, diskId }) => ({
    lun,
    ...(diskId === undefined ? {} : { managedDisk: { id: diskId } }),
    caching: 'None',
    storageAccountType,
    diskSizeGB: sizeGB,
  }));

/** `storageProfile.dataDiskImages` of a gallery version. */
export const versionDataDisks = ({ dataDisks = [] }: ImageSource): { dataDiskImages?: JsonObject[] } =>
  dataDisks.length === 0
    ? {}
    : { dataDiskImages: dataDisks.map(({ lun, sizeGB }) => ({ lun, hostCaching: 'None', sizeInGB: sizeGB })) };

/** What a machine asks for, with those that its image brings: each under its own lun, as large as there unless larger. */
export function withImageDisks(sent: JsonObject[], source: ImageSource | undefined): JsonObject[] {
  const brought = (source?.dataDisks ?? []).map(({ lun, sizeGB }) => {
    const asked = sent.find((disk) => disk['lun'] === lun) ?? {};
    return { diskSizeGB: sizeGB, ...asked, lun, createOption: 'FromImage' };
  });
  return [...brought, ...sent.filter(({ lun }) => !brought.some((disk) => disk.lun === lun))];
}
