/** Bodies of storage accounts, and of what is asked of one. */
import { resource } from './envelope.ts';
import { MOST_DAYS } from './storage-services.ts';
import { answered, choice, flag, limited, list, object, text, whole, words } from './shape.ts';

const SKUS =
  'Standard_LRS Standard_GRS Standard_RAGRS Standard_ZRS Premium_LRS Premium_ZRS Standard_GZRS Standard_RAGZRS ' +
  'StandardV2_LRS StandardV2_GRS StandardV2_ZRS StandardV2_GZRS PremiumV2_LRS PremiumV2_ZRS';

const encryptedService = object({
  enabled: flag,
  lastEnabledTime: answered,
  keyType: choice('Service Account'),
});
const encryption = object({
  services: object({
    blob: encryptedService,
    file: encryptedService,
    table: encryptedService,
    queue: encryptedService,
  }),
  keySource: choice('Microsoft.Storage Microsoft.Keyvault'),
  requireInfrastructureEncryption: flag,
  keyvaultproperties: object({
    keyname: text,
    keyversion: text,
    keyvaulturi: text,
    currentVersionedKeyIdentifier: answered,
    lastKeyRotationTimestamp: answered,
    currentVersionedKeyExpirationTimestamp: answered,
  }),
  identity: object({ userAssignedIdentity: text, federatedIdentityClientId: text }),
});
const ipRule = object({ value: text, action: choice('Allow') }, ['value']);
const networkAcls = object(
  {
    bypass: words('None Logging Metrics AzureServices'),
    resourceAccessRules: list(object({ tenantId: text, resourceId: text })),
    virtualNetworkRules: list(object({ id: text, action: choice('Allow'), state: answered }, ['id'])),
    ipRules: list(ipRule),
    ipv6Rules: list(ipRule),
    defaultAction: choice('Allow Deny'),
  },
  ['defaultAction'],
);
const filesIdentity = object(
  {
    directoryServiceOptions: choice('None AADDS AD AADKERB'),
    activeDirectoryProperties: object({
      domainName: text,
      netBiosDomainName: text,
      forestName: text,
      domainGuid: text,
      domainSid: text,
      azureStorageSid: text,
      samAccountName: text,
      accountType: choice('User Computer'),
    }),
    defaultSharePermission: choice(
      'None StorageFileDataSmbShareReader StorageFileDataSmbShareContributor StorageFileDataSmbShareElevatedContributor',
    ),
    smbOAuthSettings: object({ isSmbOAuthEnabled: flag }),
  },
  ['directoryServiceOptions'],
);
const sharedKeyAccess = object({ enabled: flag });

export const account = resource(
  object({
    allowedCopyScope: choice('PrivateLink AAD All'),
    publicNetworkAccess: choice('Enabled Disabled SecuredByPerimeter'),
    sasPolicy: object(
      {
        sasExpirationPeriod: text,
        expirationAction: choice('Log Block'),
        requireUserBoundUserDelegationSas: flag,
        requireUserBoundUserDelegationSasAction: choice('None Log Block'),
      },
      ['sasExpirationPeriod', 'expirationAction'],
    ),
    keyPolicy: object({ keyExpirationPeriodInDays: whole() }, ['keyExpirationPeriodInDays']),
    customDomain: object({ name: text, useSubDomainName: flag }, ['name']),
    encryption,
    networkAcls,
    accessTier: choice('Hot Cool Premium Cold Smart'),
    turboTier: object({ status: choice('Enabled Disabled'), targetPercent: whole(10, 100) }),
    azureFilesIdentityBasedAuthentication: filesIdentity,
    supportsHttpsTrafficOnly: flag,
    isSftpEnabled: flag,
    isLocalUserEnabled: flag,
    enableExtendedGroups: flag,
    isHnsEnabled: flag,
    largeFileSharesState: choice('Disabled Enabled'),
    routingPreference: object({
      routingChoice: choice('MicrosoftRouting InternetRouting'),
      publishMicrosoftEndpoints: flag,
      publishInternetEndpoints: flag,
    }),
    dualStackEndpointPreference: object({ publishIpv6Endpoint: flag }),
    allowBlobPublicAccess: flag,
    minimumTlsVersion: choice('TLS1_0 TLS1_1 TLS1_2 TLS1_3'),
    allowSharedKeyAccess: flag,
    isNfsV3Enabled: flag,
    allowCrossTenantReplication: flag,
    allowCrossTenantDelegationSas: flag,
    defaultToOAuthAuthentication: flag,
    immutableStorageWithVersioning: object({
      enabled: flag,
      immutabilityPolicy: object({
        immutabilityPeriodSinceCreationInDays: whole(1, MOST_DAYS),
        state: choice('Unlocked Locked Disabled'),
        allowProtectedAppendWrites: flag,
      }),
    }),
    dnsEndpointType: choice('Standard AzureDnsZone'),
    geoPriorityReplicationStatus: object({ isBlobEnabled: flag }),
    allowSharedKeyAccessForServices: object({
      blob: sharedKeyAccess,
      file: sharedKeyAccess,
      table: sharedKeyAccess,
      queue: sharedKeyAccess,
    }),
    dataCollaborationPolicyProperties: object({
      allowStorageConnectors: flag,
      allowStorageDataShares: flag,
      allowBlobAccessPoints: flag,
      allowCrossTenantDataSharing: flag,
    }),
    provisioningState: answered,
    primaryEndpoints: answered,
    primaryLocation: answered,
    statusOfPrimary: answered,
    lastGeoFailoverTime: answered,
    secondaryLocation: answered,
    statusOfSecondary: answered,
    secondaryEndpoints: answered,
    creationTime: answered,
    keyCreationTime: answered,
    geoReplicationStats: answered,
    failoverInProgress: answered,
    privateEndpointConnections: answered,
    blobRestoreStatus: answered,
    accountMigrationInProgress: answered,
    isSkuConversionBlocked: answered,
    storageAccountSkuConversionStatus: answered,
  }),
  {
    sku: object({ name: choice(SKUS), tier: answered }, ['name']),
    kind: choice('Storage StorageV2 BlobStorage FileStorage BlockBlobStorage'),
    placement: object({ zonePlacementPolicy: choice('Any None') }),
  },
  ['sku', 'kind'],
);

export const accountSignature = object(
  {
    signedServices: text,
    signedResourceTypes: text,
    signedPermission: text,
    signedIp: text,
    signedProtocol: choice('https,http https'),
    signedStart: text,
    signedExpiry: text,
    keyToSign: text,
  },
  ['signedServices', 'signedResourceTypes', 'signedPermission', 'signedExpiry'],
);

export const serviceSignature = object(
  {
    canonicalizedResource: text,
    signedResource: choice('b c f s'),
    signedPermission: text,
    signedIp: text,
    signedProtocol: choice('https,http https'),
    signedStart: text,
    signedExpiry: text,
    signedIdentifier: limited(0, 64),
    startPk: text,
    endPk: text,
    startRk: text,
    endRk: text,
    keyToSign: text,
    rscc: text,
    rscd: text,
    rsce: text,
    rscl: text,
    rsct: text,
  },
  ['canonicalizedResource'],
);

export const regeneration = object({ keyName: text }, ['keyName']);

export const nameToCheck = object({ name: text, type: choice('Microsoft.Storage/storageAccounts') }, ['name', 'type']);
