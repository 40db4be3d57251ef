/** Bodies of a storage account's services, of what lies in them, and of what holds it there. */
import { resource } from './envelope.ts';
import { answered, choice, flag, limited, list, map, object, text, whole } from './shape.ts';

/** Four hundred years. */
export const MOST_DAYS = 146_000;
const BLOBS = 'DELETE GET HEAD MERGE POST OPTIONS PUT PATCH CONNECT TRACE';

const corsRule = {
  allowedOrigins: list(text),
  allowedMethods: list(choice(BLOBS)),
  maxAgeInSeconds: whole(),
  exposedHeaders: list(text),
  allowedHeaders: list(text),
};
const cors = object({ corsRules: list(object(corsRule, Object.keys(corsRule))) });
const deleteRetention = object({ enabled: flag, days: whole(1, 365), allowPermanentDelete: flag });
/** Of any service: its account's. */
const ofAccount = { sku: answered };

export const blobService = resource(
  object({
    cors,
    defaultServiceVersion: text,
    deleteRetentionPolicy: deleteRetention,
    staticWebsite: object(
      { enabled: flag, indexDocument: text, defaultIndexDocumentPath: text, errorDocument404Path: text },
      ['enabled'],
    ),
    isVersioningEnabled: flag,
    automaticSnapshotPolicyEnabled: flag,
    changeFeed: object({ enabled: flag, retentionInDays: whole(1, MOST_DAYS) }),
    restorePolicy: object({ enabled: flag, days: whole(1, 365), lastEnabledTime: answered, minRestoreTime: answered }, [
      'enabled',
    ]),
    containerDeleteRetentionPolicy: deleteRetention,
    lastAccessTimeTrackingPolicy: object(
      {
        enable: flag,
        name: choice('AccessTimeTracking'),
        trackingGranularityInDays: whole(),
        blobType: list(text),
      },
      ['enable'],
    ),
  }),
  ofAccount,
);

const inTransit = object({ required: flag });

export const fileService = resource(
  object({
    cors,
    shareDeleteRetentionPolicy: deleteRetention,
    protocolSettings: object({
      smb: object({
        multichannel: object({ enabled: flag }),
        versions: text,
        authenticationMethods: text,
        kerberosTicketEncryption: text,
        channelEncryption: text,
        encryptionInTransit: inTransit,
      }),
      nfs: object({ encryptionInTransit: inTransit }),
    }),
  }),
  ofAccount,
);

export const queueService = resource(object({ cors }));
export const tableService = resource(object({ cors }));

export const container = resource(
  object({
    defaultEncryptionScope: text,
    denyEncryptionScopeOverride: flag,
    publicAccess: choice('Container Blob None'),
    metadata: map(text),
    immutableStorageWithVersioning: object({ enabled: flag, timeStamp: answered, migrationState: answered }),
    blobAccessPointConfiguration: object({
      blobAccessPointConfigurationName: text,
      blobAccessPointConfigurationUniqueId: text,
    }),
    enableNfsV3RootSquash: flag,
    enableNfsV3AllSquash: flag,
    version: answered,
    deleted: answered,
    deletedTime: answered,
    remainingRetentionDays: answered,
    lastModifiedTime: answered,
    leaseStatus: answered,
    leaseState: answered,
    leaseDuration: answered,
    immutabilityPolicy: answered,
    legalHold: answered,
    hasLegalHold: answered,
    hasImmutabilityPolicy: answered,
  }),
);

const accessPolicy = { startTime: text, expiryTime: text, permission: text };

export const share = resource(
  object({
    metadata: map(text),
    shareQuota: whole(),
    provisionedIops: whole(),
    provisionedBandwidthMibps: whole(),
    enabledProtocols: choice('SMB NFS'),
    rootSquash: choice('NoRootSquash RootSquash AllSquash'),
    accessTier: choice('TransactionOptimized Hot Cool Premium'),
    signedIdentifiers: list(object({ id: text, accessPolicy: object(accessPolicy) })),
    fileSharePaidBursting: object({
      paidBurstingEnabled: flag,
      paidBurstingMaxIops: whole(),
      paidBurstingMaxBandwidthMibps: whole(),
    }),
    includedBurstIops: answered,
    maxBurstCreditsForIops: answered,
    nextAllowedQuotaDowngradeTime: answered,
    nextAllowedProvisionedIopsDowngradeTime: answered,
    nextAllowedProvisionedBandwidthDowngradeTime: answered,
    lastModifiedTime: answered,
    version: answered,
    deleted: answered,
    deletedTime: answered,
    remainingRetentionDays: answered,
    accessTierChangeTime: answered,
    accessTierStatus: answered,
    shareUsageBytes: answered,
    leaseStatus: answered,
    leaseState: answered,
    leaseDuration: answered,
    snapshotTime: answered,
  }),
);

export const queue = resource(object({ metadata: map(text), approximateMessageCount: answered }));

export const table = resource(
  object({
    tableName: answered,
    signedIdentifiers: list(object({ id: text, accessPolicy: object(accessPolicy, ['permission']) }, ['id'])),
  }),
);

const ofBlob = object({
  daysAfterModificationGreaterThan: whole(0),
  daysAfterLastAccessTimeGreaterThan: whole(0),
  daysAfterLastTierChangeGreaterThan: whole(0),
  daysAfterCreationGreaterThan: whole(0),
});
const ofCopy = object({ daysAfterCreationGreaterThan: whole(0), daysAfterLastTierChangeGreaterThan: whole(0) }, [
  'daysAfterCreationGreaterThan',
]);
const ofCopies = object({
  tierToCool: ofCopy,
  tierToArchive: ofCopy,
  tierToCold: ofCopy,
  tierToHot: ofCopy,
  delete: ofCopy,
});
const lifecycle = object(
  {
    actions: object({
      baseBlob: object({
        tierToCool: ofBlob,
        tierToArchive: ofBlob,
        tierToCold: ofBlob,
        tierToHot: ofBlob,
        delete: ofBlob,
        enableAutoTierToHotFromCool: flag,
      }),
      snapshot: ofCopies,
      version: ofCopies,
    }),
    filters: object(
      {
        prefixMatch: list(text),
        blobTypes: list(text),
        blobIndexMatch: list(
          object({ name: limited(1, 128), op: text, value: limited(0, 256) }, ['name', 'op', 'value']),
        ),
      },
      ['blobTypes'],
    ),
  },
  ['actions'],
);

export const managementPolicy = resource(
  object(
    {
      policy: object(
        {
          rules: list(
            object({ enabled: flag, name: text, type: choice('Lifecycle'), definition: lifecycle }, [
              'name',
              'type',
              'definition',
            ]),
          ),
        },
        ['rules'],
      ),
      lastModifiedTime: answered,
    },
    ['policy'],
  ),
);

export const immutability = resource(
  object({
    immutabilityPeriodSinceCreationInDays: whole(),
    allowProtectedAppendWrites: flag,
    allowProtectedAppendWritesAll: flag,
    state: answered,
  }),
  {},
  ['properties'],
);

export const legalHold = object(
  { hasLegalHold: answered, tags: list(limited(3, 23)), allowProtectedAppendWritesAll: flag },
  ['tags'],
);

export const lease = object(
  {
    action: choice('Acquire Renew Change Release Break'),
    leaseId: text,
    breakPeriod: whole(),
    leaseDuration: whole(),
    proposedLeaseId: text,
  },
  ['action'],
);
