/**
 * How Azure is reached: endpoint and credential are all that differs between the public cloud and any other Resource
 * Manager. One set of SDK clients a subscription, made when first asked for.
 */
import { ComputeManagementClient } from '@azure/arm-compute';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { StorageManagementClient } from '@azure/arm-storage';
import { DefaultAzureCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { createPermissionsAt } from './permissions.ts';
import type { PermissionsAt } from './permissions.ts';

const USER_AGENT = 'kiln/0.1';

export interface AzureEnvironment {
  /** Resource Manager; `https://management.azure.com` unless KILN_AZURE_ENDPOINT says otherwise. */
  endpoint: string;
  /** AZURE_AUTHORITY_HOST, for clouds other than the public one. */
  authorityHost?: string;
  /** KILN_AZURE_AUDIENCE: what Resource Manager is called in tokens, where that is not the public cloud's name for it. */
  audience?: string;
}

export interface AzureClients {
  compute: ComputeManagementClient;
  network: NetworkManagementClient;
  resources: ResourceManagementClient;
  storage: StorageManagementClient;
  identity: ManagedServiceIdentityClient;
}

export interface Azure {
  clients(subscriptionId: string): AzureClients;
  /** The blobs of an account, by the credential's own token: no key of an account is ever asked for. */
  blobs(endpoint: string): BlobServiceClient;
  permissionsAt: PermissionsAt;
}

export function environmentFromProcess(env: NodeJS.ProcessEnv): AzureEnvironment {
  const { AZURE_AUTHORITY_HOST: authorityHost, KILN_AZURE_AUDIENCE: audience } = env;
  return {
    endpoint: env['KILN_AZURE_ENDPOINT'] ?? 'https://management.azure.com',
    ...(authorityHost === undefined ? {} : { authorityHost }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/** Not taken from the endpoint, behind which there may be a proxy. */
export const scopeOf = ({ audience = 'https://management.azure.com' }: AzureEnvironment): string =>
  `${audience.replace(/\/$/, '')}/.default`;

/** The credential is DefaultAzureCredential: environment, workload identity, managed identity, Azure CLI. */
export function createAzure(environment: AzureEnvironment, credential = defaultCredential(environment)): Azure {
  const bySubscription = new Map<string, AzureClients>();
  return {
    permissionsAt: createPermissionsAt(environment.endpoint, credential, scopeOf(environment)),
    blobs: (endpoint) =>
      new BlobServiceClient(endpoint, credential, { userAgentOptions: { userAgentPrefix: USER_AGENT } }),
    clients(subscriptionId) {
      const known = bySubscription.get(subscriptionId.toLowerCase());
      if (known !== undefined) return known;
      const made = createClients(environment, credential, subscriptionId);
      bySubscription.set(subscriptionId.toLowerCase(), made);
      return made;
    },
  };
}

function createClients(
  environment: AzureEnvironment,
  credential: TokenCredential,
  subscriptionId: string,
): AzureClients {
  const options = {
    endpoint: environment.endpoint,
    credentials: { scopes: [scopeOf(environment)] },
    userAgentOptions: { userAgentPrefix: USER_AGENT },
    // Temporal retries the activity; here only what a moment mends.
    retryOptions: { maxRetries: 3, maxRetryDelayInMs: 10_000 },
  };
  return {
    compute: new ComputeManagementClient(credential, subscriptionId, options),
    network: new NetworkManagementClient(credential, subscriptionId, options),
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    storage: new StorageManagementClient(credential, subscriptionId, options),
    identity: new ManagedServiceIdentityClient(credential, subscriptionId, {
      ...options,
      credentialScopes: scopeOf(environment),
    }),
  };
}

export function defaultCredential({ authorityHost }: AzureEnvironment): TokenCredential {
  // Instance discovery asks the public cloud about any other authority, which it cannot know.
  return authorityHost === undefined
    ? new DefaultAzureCredential()
    : new DefaultAzureCredential({ authorityHost, disableInstanceDiscovery: true });
}
