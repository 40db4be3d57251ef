/** Bodies of galleries, image definitions and image versions. */
import { resource } from './envelope.ts';
import { answered, any, choice, flag, list, object, text, whole } from './shape.ts';

export const gallery = resource(
  object({
    description: text,
    identifier: object({ uniqueName: answered }),
    provisioningState: answered,
    sharingProfile: any,
    softDeletePolicy: any,
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
const targetRegion = object(
  {
    name: text,
    regionalReplicaCount: whole(1, 100),
    storageAccountType: storage,
    encryption: any,
    excludeFromLatest: flag,
    additionalReplicaSets: any,
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
        storageAccountStrategy: text,
        replicationMode: choice('Full Shallow'),
        targetExtendedLocations: any,
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
      securityProfile: any,
      restore: flag,
      validationsProfile: answered,
    },
    ['storageProfile'],
  ),
);
