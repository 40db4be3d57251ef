/** Signed read addresses of a run's logs: the client has no credential of its own. */
import type { Azure } from '../azure/environment.ts';
import { failure } from '../azure/errors.ts';
import { openAccountBlobs } from './blobs.ts';
import type { LogActivities } from './contract.ts';

const VALID_HOURS = 1;

export function createLogActivities(azure: Azure): LogActivities {
  return {
    async issueLogLinks({ subscriptionId, resourceGroup, storageAccount, container, blobs }) {
      // Beside the logs are scripts, files and the password of a machine that is still there.
      if (container !== 'logs') throw failure('Refused', `expected the container logs, got ${container}`);
      const { service, signedUrl } = await openAccountBlobs(azure, {
        subscriptionId,
        resourceGroup,
        name: storageAccount,
      });
      const folder = service.getContainerClient(container);
      const links = blobs.map(async (name) => [name, await signedUrl(folder.getBlobClient(name), 'r', VALID_HOURS)]);
      return Object.fromEntries(await Promise.all(links)) as Record<string, string>;
    },
  };
}
