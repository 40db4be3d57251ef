/** The account that Azure sets a Windows machine up with. */
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Azure } from '../azure/environment.ts';
import { attempt, azureDetail } from '../azure/errors.ts';
import { openStagingBlobs } from './blobs.ts';
import type { RunContext } from './contract.ts';

/** In container `files` of the staging account, which lasts longer than the machine that it opens. */
const BLOB = 'build-user';

/**
 * Its password: the same for every attempt of every activity, so it is kept where only the worker may read, and in no
 * history. Whoever asks first makes it. Azure wants 12 to 123 characters of three kinds at least.
 */
export async function buildUserPassword(azure: Azure, run: RunContext): Promise<string> {
  const { service } = await openStagingBlobs(azure, run);
  const blob = service.getContainerClient('files').getBlockBlobClient(BLOB);
  return attempt(`read the password of the build user of ${run.runId}`, async () => {
    const made = `aA1!${randomBytes(21).toString('base64url')}`;
    try {
      await blob.upload(made, made.length, { conditions: { ifNoneMatch: '*' } });
      return made;
    } catch (error) {
      if (azureDetail(error).statusCode !== 409) throw error;
    }
    const { readableStreamBody } = await blob.download();
    if (readableStreamBody === undefined) throw new TypeError(`expected ${BLOB} to have content`);
    return text(readableStreamBody);
  });
}
