/** The disks of a machine, as its body has them. */
import { answered, choice, flag, list, object, reference, text, whole } from './shape.ts';

const STORAGE = 'Standard_LRS Premium_LRS StandardSSD_LRS UltraSSD_LRS Premium_ZRS StandardSSD_ZRS PremiumV2_LRS';

const managedDisk = object({
  id: text,
  storageAccountType: choice(STORAGE),
  diskEncryptionSet: reference,
  securityProfile: object({
    securityEncryptionType: choice('VMGuestStateOnly DiskWithVMGuestState NonPersistedTPM'),
    diskEncryptionSet: reference,
  }),
  additionalDiskProperties: object({
    managedDiskProperties: object({
      tier: text,
      burstingEnabled: flag,
      performancePlus: flag,
      optimizedForFrequentAttach: flag,
      availabilityPolicy: object({ actionOnDiskDelay: choice('None AutomaticReattach') }),
      maxShares: whole(1),
      networkAccessPolicy: choice('AllowAll AllowPrivate DenyAll'),
      diskAccessId: text,
      diskIOPSReadOnly: whole(),
      diskMBpsReadOnly: whole(),
      logicalSectorSize: whole(),
    }),
  }),
});
const vhd = object({ uri: text });
const anyDisk = {
  name: text,
  vhd,
  image: vhd,
  caching: choice('None ReadOnly ReadWrite'),
  writeAcceleratorEnabled: flag,
  createOption: choice('FromImage Empty Attach Copy Restore'),
  diskSizeGB: whole(1, 65_536),
  managedDisk,
  deleteOption: choice('Delete Detach'),
  storageFaultDomainAlignment: choice('Aligned BestEffortAligned'),
};
const osDisk = object(
  {
    ...anyDisk,
    osType: choice('Windows Linux'),
    encryptionSettings: object({
      diskEncryptionKey: object({ secretUrl: text, sourceVault: reference }, ['secretUrl', 'sourceVault']),
      keyEncryptionKey: object({ keyUrl: text, sourceVault: reference }, ['keyUrl', 'sourceVault']),
      enabled: flag,
    }),
    diffDiskSettings: object({
      option: choice('Local'),
      placement: choice('CacheDisk ResourceDisk NvmeDisk'),
      enableFullCaching: flag,
    }),
  },
  ['createOption'],
);
const dataDisk = object(
  {
    ...anyDisk,
    lun: whole(0),
    toBeDetached: flag,
    detachOption: choice('ForceDetach'),
    sourceResource: reference,
    diskIOPSReadWrite: whole(),
    diskMBpsReadWrite: whole(),
  },
  ['lun', 'createOption'],
);

export const storageProfile = object({
  imageReference: object({
    id: text,
    publisher: text,
    offer: text,
    sku: text,
    version: text,
    exactVersion: answered,
    sharedGalleryImageId: text,
    communityGalleryImageId: text,
  }),
  osDisk,
  dataDisks: list(dataDisk),
  diskControllerType: choice('SCSI NVMe'),
  diskApiVersion: text,
  alignRegionalDisksToVMZone: flag,
});
