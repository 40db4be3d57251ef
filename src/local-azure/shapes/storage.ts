/** The body of a storage account. */
import { resource } from './envelope.ts';
import { answered, any, choice, flag, object } from './shape.ts';

const SKUS =
  'Standard_LRS Standard_GRS Standard_RAGRS Standard_ZRS Premium_LRS Premium_ZRS Standard_GZRS Standard_RAGZRS ' +
  'StandardV2_LRS StandardV2_GRS StandardV2_ZRS StandardV2_GZRS PremiumV2_LRS PremiumV2_ZRS';

export const account = resource(
  object({
    allowedCopyScope: choice('PrivateLink AAD All'),
    publicNetworkAccess: choice('Enabled Disabled SecuredByPerimeter'),
    sasPolicy: any,
    keyPolicy: any,
    customDomain: any,
    encryption: any,
    networkAcls: any,
    accessTier: choice('Hot Cool Premium Cold Smart'),
    azureFilesIdentityBasedAuthentication: any,
    supportsHttpsTrafficOnly: flag,
    isSftpEnabled: flag,
    isLocalUserEnabled: flag,
    enableExtendedGroups: flag,
    isHnsEnabled: flag,
    largeFileSharesState: choice('Disabled Enabled'),
    routingPreference: any,
    dualStackEndpointPreference: any,
    allowBlobPublicAccess: flag,
    minimumTlsVersion: choice('TLS1_0 TLS1_1 TLS1_2 TLS1_3'),
    allowSharedKeyAccess: flag,
    isNfsV3Enabled: flag,
    allowCrossTenantReplication: flag,
    defaultToOAuthAuthentication: flag,
    immutableStorageWithVersioning: any,
    dnsEndpointType: choice('Standard AzureDnsZone'),
    geoPriorityReplicationStatus: any,
    allowSharedKeyAccessForServices: any,
    dataCollaborationPolicyProperties: any,
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
    placement: any,
  },
  ['sku', 'kind'],
);
