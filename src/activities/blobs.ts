/**
 * Blobs of a storage account, by its account key: what the key signs (read and append addresses for the machine) never
 * leaves the activity that asked for it.
 */
import { BlobSASPermissions, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { BlobClient } from '@azure/storage-blob';
import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import type { RunContext } from './contract.ts';

export interface AccountBlobs {
  service: BlobServiceClient;
}

export async function openAccountBlobs(
  azure: Azure,
  account: { subscriptionId: string; resourceGroup: string; name: string },
): Promise<AccountBlobs> {
  const { storage } = azure.clients(account.subscriptionId);
  const { resourceGroup, name } = account;
  return attempt(`open storage account ${name}`, async () => {
    const [properties, { keys }] = await Promise.all([
      storage.storageAccounts.getProperties(resourceGroup, name),
      storage.storageAccounts.listKeys(resourceGroup, name),
    ]);
    const endpoint = properties.primaryEndpoints?.blob;
    const key = keys?.[0]?.value;
    if (endpoint === undefined || key === undefined) {
      throw new TypeError(`expected a blob endpoint and a key of ${name}, got ${endpoint ?? 'no endpoint'}`);
    }
    return { service: new BlobServiceClient(endpoint, new StorageSharedKeyCredential(name, key)) };
  });
}

export function openStagingBlobs(azure: Azure, run: RunContext): Promise<AccountBlobs> {
  const { resourceGroup, storageAccount } = run.staging;
  return openAccountBlobs(azure, { subscriptionId: run.subscriptionId, resourceGroup, name: storageAccount });
}

/** The key that signs for the staging account; for a secret of the build that is to be kept nowhere. */
export async function accountKey(azure: Azure, run: RunContext): Promise<string> {
  const { storage } = azure.clients(run.subscriptionId);
  const { resourceGroup, storageAccount } = run.staging;
  return attempt(`read the key of ${storageAccount}`, async () => {
    const { keys } = await storage.storageAccounts.listKeys(resourceGroup, storageAccount);
    const [{ value } = {}] = keys ?? [];
    if (value === undefined) throw new TypeError(`expected a key of ${storageAccount}`);
    return value;
  });
}

/** An address that carries its own permission (`r`, `rcw`, …) for the given hours. */
export function signedUrl(blob: BlobClient, permissions: string, hours: number): Promise<string> {
  const now = Date.now();
  return blob.generateSasUrl({
    permissions: BlobSASPermissions.parse(permissions),
    // Clocks differ; a signature that begins in the future is refused.
    startsOn: new Date(now - 5 * 60_000),
    expiresOn: new Date(now + hours * 3_600_000),
  });
}
