/** `GET /metadata/endpoints`: how the Azure CLI, Terraform and Packer learn where a cloud's parts are. */

/** The object form since 2022-09-01, the array before it. */
export function cloudMetadata(apiVersion: string, origin: string, blobEndpoint: string, tenantId: string) {
  const host = new URL(blobEndpoint).host;
  const metadata = {
    name: 'KilnLocal',
    portal: origin,
    authentication: {
      loginEndpoint: origin,
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: tenantId,
      identityProvider: 'AAD',
    },
    resourceManager: origin,
    // The directory's few objects are told by the same server: local-azure/directory.ts.
    microsoftGraphResourceId: `${origin}/`,
    graph: 'https://graph.windows.net/',
    graphAudience: 'https://graph.windows.net/',
    batch: 'https://batch.core.windows.net/',
    media: 'https://rest.media.azure.net/',
    sqlManagement: 'https://management.core.windows.net:8443/',
    gallery: origin,
    suffixes: { storage: host, keyVaultDns: 'vault.azure.net', acrLoginServer: 'azurecr.io' },
  };
  return apiVersion >= '2022-09-01' ? metadata : [metadata];
}
