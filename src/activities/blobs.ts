/**
 * Blobs of a storage account: Kiln reaches them by its own token, and others by addresses that it signs with a user
 * delegation key, which its token gets for it. Account keys, which a policy may forbid, have no part in it. What signs
 * never leaves the activity that asked for it.
 */
import { BlobSASPermissions } from '@azure/storage-blob';
import type { BlobClient, BlobServiceClient, UserDelegationKey } from '@azure/storage-blob';
import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import type { RunContext } from './contract.ts';

/** Clocks differ; what begins in the future is refused. */
const EARLIER_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

export interface AccountBlobs {
  service: BlobServiceClient;
  /**
   * An address that carries its own permission (`r`, `rcw`, …) for the given hours; Azure allows seven days at most. It
   * lets nobody do what the worker's roles do not let the worker do.
   */
  signedUrl: (blob: BlobClient, permissions: string, hours: number) => Promise<string>;
}

export async function openAccountBlobs(
  azure: Azure,
  account: { subscriptionId: string; resourceGroup: string; name: string },
): Promise<AccountBlobs> {
  const { storage } = azure.clients(account.subscriptionId);
  const { resourceGroup, name } = account;
  const endpoint = await attempt(`open storage account ${name}`, async () => {
    const { primaryEndpoints } = await storage.storageAccounts.getProperties(resourceGroup, name);
    if (primaryEndpoints?.blob === undefined) throw new TypeError(`expected a blob endpoint of ${name}`);
    return primaryEndpoints.blob;
  });
  const service = azure.blobs(endpoint);
  /** By how many hours they are good for; asked for once, however many addresses are signed beside each other. */
  const keys = new Map<number, Promise<UserDelegationKey>>();
  const keyFor = (hours: number): Promise<UserDelegationKey> => {
    const now = Date.now();
    const key =
      keys.get(hours) ??
      attempt(`ask for a key to sign addresses of ${service.accountName}`, () =>
        service.getUserDelegationKey(new Date(now - EARLIER_MS), new Date(now + hours * HOUR_MS)),
      );
    keys.set(hours, key);
    return key;
  };
  return {
    service,
    async signedUrl(blob, permissions, hours) {
      const key = await keyFor(hours);
      // An address may not outlast its key.
      const { signedStartsOn: startsOn, signedExpiresOn: expiresOn } = key;
      const signed = { permissions: BlobSASPermissions.parse(permissions), startsOn, expiresOn };
      return blob.generateUserDelegationSasUrl(signed, key);
    },
  };
}

export function openStagingBlobs(azure: Azure, run: RunContext): Promise<AccountBlobs> {
  const { resourceGroup, storageAccount } = run.staging;
  return openAccountBlobs(azure, { subscriptionId: run.subscriptionId, resourceGroup, name: storageAccount });
}
