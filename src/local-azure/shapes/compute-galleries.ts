/** Bodies of galleries, of what is in them, and of sharing them. */
import { resource } from './envelope.ts';
import { answered, choice, flag, list, object, text, whole } from './shape.ts';

export const gallery = resource(
  object({
    description: text,
    identifier: object({ uniqueName: answered }),
    provisioningState: answered,
    sharingProfile: object({
      permissions: choice('Private Groups Community'),
      groups: answered,
      communityGalleryInfo: object({
        publisherUri: text,
        publisherContact: text,
        eula: text,
        publicNamePrefix: text,
        communityGalleryEnabled: answered,
        publicNames: answered,
      }),
    }),
    softDeletePolicy: object({ isSoftDeleteEnabled: flag }),
    sharingStatus: answered,
  }),
);

const range = object({ min: whole(), max: whole() });

export const definition = resource(
  object(
    {
      description: text,
      eula: text,
      privacyStatementUri: text,
      releaseNoteUri: text,
      osType: choice('Windows Linux'),
      osState: choice('Generalized Specialized'),
      hyperVGeneration: choice('V1 V2'),
      endOfLifeDate: text,
      identifier: object({ publisher: text, offer: text, sku: text }, ['publisher', 'offer', 'sku']),
      recommended: object({ vCPUs: range, memory: range }),
      disallowed: object({ diskTypes: list(text) }),
      purchasePlan: object({ name: text, publisher: text, product: text }),
      provisioningState: answered,
      features: list(object({ name: text, value: text, startsAtVersion: text })),
      architecture: choice('x64 Arm64'),
      allowUpdateImage: flag,
    },
    ['osType', 'osState', 'identifier'],
  ),
);

const storage = choice('Standard_LRS Standard_ZRS Premium_LRS PremiumV2_LRS');
const imageDisk = {
  sizeInGB: answered,
  hostCaching: choice('None ReadOnly ReadWrite'),
  source: object({ id: text, uri: text, storageAccountId: text }),
};
const encryption = object({
  osDiskImage: object({
    securityProfile: object({
      confidentialVMEncryptionType: choice(
        'EncryptedVMGuestStateOnlyWithPmk EncryptedWithPmk EncryptedWithCmk NonPersistedTPM',
      ),
      secureVMDiskEncryptionSetId: text,
    }),
    diskEncryptionSetId: text,
  }),
  dataDiskImages: list(object({ lun: whole(), diskEncryptionSetId: text }, ['lun'])),
});
const extendedTarget = object({
  name: text,
  extendedLocation: object({ name: text, type: choice('EdgeZone Unknown') }),
  extendedLocationReplicaCount: whole(),
  storageAccountType: choice('Standard_LRS Standard_ZRS StandardSSD_LRS Premium_LRS'),
  encryption,
});
const uefiKey = object({ type: choice('sha256 x509'), value: list(text) });
const uefiSettings = object({
  signatureTemplateNames: list(
    choice('NoSignatureTemplate MicrosoftUefiCertificateAuthorityTemplate MicrosoftWindowsTemplate'),
  ),
  additionalSignatures: object({ pk: uefiKey, kek: list(uefiKey), db: list(uefiKey), dbx: list(uefiKey) }),
});
const targetRegion = object(
  {
    name: text,
    regionalReplicaCount: whole(1, 100),
    storageAccountType: storage,
    encryption,
    excludeFromLatest: flag,
    additionalReplicaSets: list(object({ storageAccountType: storage, regionalReplicaCount: whole(1, 100) })),
  },
  ['name'],
);

export const version = resource(
  object(
    {
      publishingProfile: object({
        targetRegions: list(targetRegion),
        replicaCount: whole(1, 100),
        excludeFromLatest: flag,
        publishedDate: answered,
        endOfLifeDate: text,
        storageAccountType: storage,
        storageAccountStrategy: choice('PreferStandard_ZRS DefaultStandard_LRS'),
        replicationMode: choice('Full Shallow'),
        targetExtendedLocations: list(extendedTarget),
      }),
      provisioningState: answered,
      storageProfile: object({
        source: object({ id: text, uri: text, communityGalleryImageId: text, virtualMachineId: text }),
        osDiskImage: object(imageDisk),
        dataDiskImages: list(object({ ...imageDisk, lun: whole(0) }, ['lun'])),
      }),
      replicationStatus: answered,
      safetyProfile: object({
        reportedForPolicyViolation: answered,
        policyViolations: answered,
        allowDeletionOfReplicatedLocations: flag,
        blockDeletionBeforeEndOfLife: flag,
      }),
      securityProfile: object({ uefiSettings }),
      restore: flag,
      validationsProfile: answered,
    },
    ['storageProfile'],
  ),
);

const actionParameter = object(
  {
    name: text,
    required: flag,
    type: choice('String ConfigurationDataBlob LogOutputBlob'),
    defaultValue: text,
    description: text,
  },
  ['name'],
);

export const application = resource(
  object(
    {
      description: text,
      eula: text,
      privacyStatementUri: text,
      releaseNoteUri: text,
      endOfLifeDate: text,
      supportedOSType: choice('Windows Linux'),
      customActions: list(
        object({ name: text, script: text, description: text, parameters: list(actionParameter) }, ['name', 'script']),
      ),
    },
    ['supportedOSType'],
  ),
);

export const sharing = object(
  {
    operationType: choice('Add Remove Reset EnableCommunity'),
    groups: list(object({ type: choice('Subscriptions AADTenants'), ids: list(text) })),
  },
  ['operationType'],
);
