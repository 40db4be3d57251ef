/** Bodies of disks, snapshots and managed images, and of asking for a signed address. */
import { resource } from './envelope.ts';
import { answered, choice, flag, list, number, object, reference, text, whole, type Shape } from './shape.ts';

const STORAGE = 'Standard_LRS Premium_LRS StandardSSD_LRS UltraSSD_LRS Premium_ZRS StandardSSD_ZRS PremiumV2_LRS';
const encryption = object({
  type: choice(
    'EncryptionAtRestWithPlatformKey EncryptionAtRestWithCustomerKey EncryptionAtRestWithPlatformAndCustomerKeys',
  ),
  diskEncryptionSetId: text,
});
const creationData = object(
  {
    createOption: choice(
      'Empty Attach FromImage Import Copy Restore Upload CopyStart ImportSecure UploadPreparedSecure CopyFromSanSnapshot',
    ),
    storageAccountId: text,
    imageReference: object({
      id: text,
      lun: whole(),
      sharedGalleryImageId: text,
      communityGalleryImageId: text,
    }),
    galleryImageReference: object({
      id: text,
      lun: whole(),
      sharedGalleryImageId: text,
      communityGalleryImageId: text,
    }),
    sourceUri: text,
    sourceResourceId: text,
    sourceUniqueId: answered,
    uploadSizeBytes: whole(0, Number.MAX_SAFE_INTEGER),
    logicalSectorSize: whole(),
    securityDataUri: text,
    securityMetadataUri: text,
    performancePlus: flag,
    elasticSanResourceId: text,
    provisionedBandwidthCopySpeed: choice('None Enhanced'),
    instantAccessDurationMinutes: whole(1),
  },
  ['createOption'],
);
const ofVault = (key: string): Shape => object({ sourceVault: reference, [key]: text }, ['sourceVault', key]);
const encryptionSettings = object(
  {
    enabled: flag,
    encryptionSettings: list(object({ diskEncryptionKey: ofVault('secretUrl'), keyEncryptionKey: ofVault('keyUrl') })),
    encryptionSettingsVersion: text,
  },
  ['enabled'],
);
const MOST_GB = 65_536;
const common = {
  timeCreated: answered,
  osType: choice('Windows Linux'),
  hyperVGeneration: choice('V1 V2'),
  purchasePlan: object({ name: text, publisher: text, product: text, promotionCode: text }, [
    'name',
    'publisher',
    'product',
  ]),
  supportedCapabilities: object({
    diskControllerTypes: text,
    acceleratedNetwork: flag,
    architecture: choice('x64 Arm64'),
    supportedSecurityOption: choice('TrustedLaunchSupported TrustedLaunchAndConfidentialVMSupported'),
  }),
  supportsHibernation: flag,
  creationData,
  diskSizeGB: whole(1, MOST_GB),
  diskSizeBytes: answered,
  uniqueId: answered,
  encryptionSettingsCollection: encryptionSettings,
  provisioningState: answered,
  diskState: answered,
  encryption,
  networkAccessPolicy: choice('AllowAll AllowPrivate DenyAll'),
  diskAccessId: text,
  securityProfile: object({
    securityType: choice(
      'TrustedLaunch ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey ConfidentialVM_DiskEncryptedWithPlatformKey ConfidentialVM_DiskEncryptedWithCustomerKey ConfidentialVM_NonPersistedTPM',
    ),
    secureVMDiskEncryptionSetId: text,
    confidentialVMVersion: answered,
  }),
  completionPercent: number,
  publicNetworkAccess: choice('Enabled Disabled'),
  dataAccessAuthMode: choice('AzureActiveDirectory None'),
};

const diskSku = object({ name: choice(STORAGE), tier: answered });
const snapshotSku = object({ name: choice('Standard_LRS Premium_LRS Standard_ZRS'), tier: answered });

export const disk = resource(
  object(
    {
      ...common,
      diskIOPSReadWrite: whole(0, Number.MAX_SAFE_INTEGER),
      diskMBpsReadWrite: whole(0, Number.MAX_SAFE_INTEGER),
      diskIOPSReadOnly: whole(0, Number.MAX_SAFE_INTEGER),
      diskMBpsReadOnly: whole(0, Number.MAX_SAFE_INTEGER),
      maxShares: whole(),
      shareInfo: answered,
      availabilityPolicy: object({ actionOnDiskDelay: choice('None AutomaticReattach') }),
      tier: text,
      burstingEnabled: flag,
      burstingEnabledTime: answered,
      propertyUpdatesInProgress: answered,
      optimizedForFrequentAttach: flag,
      LastOwnershipUpdateTime: answered,
      isArmResource: answered,
    },
    ['creationData'],
  ),
  { sku: diskSku },
);

export const snapshot = resource(
  object(
    {
      ...common,
      incremental: flag,
      incrementalSnapshotFamilyId: answered,
      copyCompletionError: object({ errorCode: choice('CopySourceNotFound'), errorMessage: text }, [
        'errorCode',
        'errorMessage',
      ]),
      snapshotAccessState: answered,
      immutabilityPolicy: answered,
      isArmResource: answered,
      faultDomain: answered,
    },
    ['creationData'],
  ),
  { sku: snapshotSku },
);

const CACHING = 'None ReadOnly ReadWrite';
const imageDisk = {
  snapshot: reference,
  managedDisk: reference,
  blobUri: text,
  caching: choice(CACHING),
  diskSizeGB: whole(1, MOST_GB),
  storageAccountType: choice(STORAGE),
  diskEncryptionSet: reference,
};

export const image = resource(
  object({
    sourceVirtualMachine: reference,
    storageProfile: object({
      osDisk: object({ ...imageDisk, osType: choice('Windows Linux'), osState: choice('Generalized Specialized') }, [
        'osType',
        'osState',
      ]),
      dataDisks: list(object({ ...imageDisk, lun: whole(0) }, ['lun'])),
      zoneResilient: flag,
    }),
    provisioningState: answered,
    hyperVGeneration: choice('V1 V2'),
  }),
);

export const grantAccess = object(
  {
    access: choice('None Read Write'),
    durationInSeconds: whole(),
    getSecureVMGuestStateSAS: flag,
    fileFormat: choice('VHD VHDX'),
  },
  ['access', 'durationInSeconds'],
);
