/** Signed addresses for files that only the client has, which has no credential of Azure's. */
import type { Azure } from '../azure/environment.ts';
import { attempt } from '../azure/errors.ts';
import { openAccountBlobs } from './blobs.ts';
import type { UploadActivities } from './contract.ts';
import { sentBlob } from './downloads.ts';

const VALID_HOURS = 6;

export function createUploadActivities(azure: Azure): UploadActivities {
  return {
    async issueUploadLinks({ subscriptionId, resourceGroup, storageAccount, digests }) {
      const { service, signedUrl } = await openAccountBlobs(azure, {
        subscriptionId,
        resourceGroup,
        name: storageAccount,
      });
      const folder = service.getContainerClient('files');
      const links = digests.map(async (sha256) => {
        const blob = folder.getBlobClient(sentBlob(sha256));
        const sent = await attempt(`look for ${sentBlob(sha256)}`, () => blob.exists());
        return [sha256, sent ? '' : await signedUrl(blob, 'cw', VALID_HOURS)];
      });
      return Object.fromEntries(await Promise.all(links)) as Record<string, string>;
    },
  };
}
